"""labelmill: image datasets in, the labels that trainers read out.

``labelmill.Client`` speaks to the service; it is loaded when it is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelmill.client.client import Client

__all__ = ["Client", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Client":
        from labelmill.client.client import Client

        return Client
    raise AttributeError(f"module 'labelmill' has no attribute {name!r}")
