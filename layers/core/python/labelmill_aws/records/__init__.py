"""Rows of the one table."""
