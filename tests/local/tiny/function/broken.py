"""A function that can't be imported."""

import nothing_like_this_exists  # noqa: F401
