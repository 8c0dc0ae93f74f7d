"""labelmill: image datasets in, the labels that trainers read out."""

__version__ = "0.1.0"
