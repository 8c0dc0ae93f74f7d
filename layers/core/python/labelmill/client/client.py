"""``labelmill.Client``."""

from __future__ import annotations

from labelmill.client.config import find_profile
from labelmill.client.models import Format, Me, Page
from labelmill.client.paths import path_of
from labelmill.client.resources.annotations import Annotations
from labelmill.client.resources.datasets import Datasets
from labelmill.client.resources.maps import Maps
from labelmill.client.resources.subscriptions import Subscriptions
from labelmill.client.resources.tokens import Tokens
from labelmill.client.resources.workspaces import Workspaces
from labelmill.client.transport import DEFAULT_TIMEOUT_S, Transport


class Client:
    """The service, typed. Threads may share one; forked processes may not.

    Attributes:
        maps: Annotation maps.
        workspaces: Workspaces and the maps they include.
        datasets: Datasets: upload, list, get, delete.
        annotations: Request labels, watch them being made, download them.
        subscriptions: Who is told when annotations end.
        tokens: Who may do what.

    Requests that fail for the moment (429, 502, 503, 504, a broken connection) are made up to five times; a POST
    bears an Idempotency-Key, so that it is done once all the same. What stays wrong is a
    ``labelmill.errors.ServiceError``.

    Example:
        >>> with labelmill.Client() as client:
        ...     dataset = client.datasets.upload("toys", "training")
        ...     wanted = [client.annotations.request(dataset.id, name) for name in ("COCO", "YOLO")]
        ...     for annotation in client.annotations.watch(*(one.id for one in wanted)):
        ...         print(annotation.format, annotation.status, annotation.progress.fraction)
        ...     for one in wanted:
        ...         print(client.annotations.download(one.id, "labels"))
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        profile: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        """Find the service; nothing is sent yet.

        Args:
            url: ``https://…``; ``http`` for this machine only. By default ``LABELMILL_URL``, else the profile's.
            token: By default ``LABELMILL_TOKEN``, else the profile's.
            profile: One of those that ``labelmill login`` made; by default ``LABELMILL_PROFILE``, else the current one.
            timeout_s: How long an answer may take, in seconds.

        Raises:
            OptionError: No URL or token, or one that can't be used.
        """
        found = find_profile(url, token, profile)
        self._known_organization = found.organization
        self._transport = Transport(found, timeout_s=timeout_s)
        parts = (self._transport, self._organization)
        self.maps = Maps(*parts)
        self.workspaces = Workspaces(*parts)
        self.datasets = Datasets(*parts)
        self.annotations = Annotations(*parts)
        self.subscriptions = Subscriptions(*parts)
        self.tokens = Tokens(*parts)

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the service is."""
        return self._transport.url

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def me(self) -> Me:
        """Who the service takes us for. Raises TokenRefusedError."""
        return self._transport.get(Me, path_of("me"))

    def formats(self) -> list[Format]:
        """All formats that the service makes."""
        return self._transport.get(Page[Format], path_of("formats")).items

    def _organization(self) -> str:
        if not self._known_organization:
            self._known_organization = self.me().organization
        return self._known_organization
