"""The HTTP API: the only place that imports pydantic and Powertools' event handler.

A route parses, makes one call, answers.
"""
