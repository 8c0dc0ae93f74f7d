"""A layer's module."""

GREETING = "from the layer"
