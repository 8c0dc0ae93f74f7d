"""What sending and fetching have in common: storage behind presigned URLs, threads, being stopped, progress."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Protocol, TypeVar

import httpx

from labelmill.client.address import is_loopback
from labelmill.client.transport import CONNECT_TIMEOUT_S, unreachable, wait_before
from labelmill.errors import LabelmillError, TransferError

THREADS = 8
TRIES = 7
"""Of a piece, one after the other without a byte more."""
TIMEOUT_S = 60.0
CHUNK_BYTES = 1 << 18
AGAIN_STATUSES = frozenset({400, 403, 408, 429, 500, 502, 503, 504})
"""400: storage waited too long for bytes, or the URL has expired, as with 403: a new one is taken."""
EXPIRED_STATUSES = frozenset({400, 403})
_CODE = re.compile(r"<Code>([^<]{1,80})</Code>")
ItemT = TypeVar("ItemT")


class Progress(Protocol):
    """Is told how far a transfer is; called from one thread at a time."""

    def start(self, size_bytes: int, what: str) -> None:
        """So many bytes will be ``packing``, ``sending`` or ``fetching``."""

    def advance(self, size_bytes: int) -> None:
        """So many more are done; fewer than none when a piece has to be sent again."""


class StoppedError(Exception):
    """Another thread failed, or the user interrupted: this one ends."""


class AgainError(Exception):
    """A piece has to be tried again.

    Attributes:
        error: What is raised if it was tried often enough.
        retry_after: What storage asks for, in seconds.
        expired: Whether it may be the URL: another one is needed then.
    """

    def __init__(self, error: LabelmillError, retry_after: str | None = None, *, expired: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        self.expired = expired


class Transfer:
    """One file on its way: whether to stop, and how far it is."""

    def __init__(self, progress: Progress | None = None) -> None:
        """Tell ``progress`` of everything."""
        self._progress = progress
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self, size_bytes: int, what: str) -> None:
        """The transfer begins."""
        if self._progress is not None:
            self._progress.start(size_bytes, what)

    def advance(self, size_bytes: int) -> None:
        """So many more bytes are done."""
        if self._progress is not None and size_bytes:
            with self._lock:
                self._progress.advance(size_bytes)

    def check(self) -> None:
        """Raises StoppedError when it shall end."""
        if self._stop.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Wait, unless it shall end meanwhile. Raises StoppedError."""
        if self._stop.wait(seconds):
            raise StoppedError

    def in_parallel(self, work: Callable[[ItemT], None], items: Iterable[ItemT], threads: int) -> None:
        """Do some work for all items in threads.

        Raises:
            Exception: Of the first that failed; the others are stopped then, as they are by an interrupt.
        """
        failures: list[BaseException] = []

        def guarded(item: ItemT) -> None:
            try:
                self.check()
                work(item)
            except BaseException as error:
                failures.append(error)
                self._stop.set()  # at once, or another piece begins
                raise

        pool = ThreadPoolExecutor(threads, thread_name_prefix="labelmill")
        try:
            wait([pool.submit(guarded, item) for item in items], return_when=FIRST_EXCEPTION)
            if failures:
                raise failures[0]
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)
        self._stop.clear()

    def tried(self, attempt: Callable[[], None], gained: Callable[[], int] = lambda: 0) -> None:
        """Call ``attempt`` until it raises ``AgainError`` no more.

        Args:
            attempt: Raises ``AgainError`` when it may be called again.
            gained: A number that grows when an attempt was not in vain: then the tries are counted anew.

        Raises:
            LabelmillError: What ``AgainError`` held, after ``TRIES``.
            StoppedError: It shall end.
        """
        failed, before = 0, gained()
        while True:
            self.check()
            try:
                attempt()
            except AgainError as again:
                now = gained()
                failed = 1 if now > before else failed + 1
                before = now
                if failed >= TRIES:
                    raise again.error from again
                self.pause(wait_before(failed, again.retry_after))
            else:
                return


class Storage:
    """Speaks to storage by presigned URLs; it never has the token. Threads may share it."""

    def __init__(self, threads: int = THREADS) -> None:
        """Connect when the first request is made."""
        here = ("127.0.0.1", "localhost", "[::1]")
        trusted = httpx.create_ssl_context()
        self._client = httpx.Client(
            timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=threads, max_keepalive_connections=threads),
            headers={"accept-encoding": "identity"},
            verify=trusted,
            mounts={f"all://{host}": httpx.HTTPTransport(verify=trusted) for host in here},  # never by a proxy
            follow_redirects=False,
        )

    def __enter__(self) -> Storage:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @contextmanager
    def request(
        self, method: str, url: str, headers: Mapping[str, str], content: Iterator[bytes] | None = None
    ) -> Iterator[httpx.Response]:
        """Make one request; its answer can be read in pieces.

        Raises:
            AgainError: No answer, one that may be another next time, or a break in the middle.
            TransferError: Storage refused, or may not be spoken to by this URL.
        """
        target = httpx.URL(url)
        if target.scheme != "https" and not is_loopback(target.host):
            raise TransferError(f"{target.host}: files are sent and fetched by https only")
        try:
            with self._client.stream(method, target, headers=dict(headers), content=content) as response:
                if not response.is_success and response.status_code != 412:
                    response.read()
                    error = TransferError(_refusal(response))
                    if response.status_code in AGAIN_STATUSES:
                        expired = response.status_code in EXPIRED_STATUSES
                        raise AgainError(error, response.headers.get("retry-after"), expired=expired)
                    raise error
                yield response
        except httpx.TransportError as error:
            raise AgainError(unreachable(target.host, error)) from error


def _refusal(response: httpx.Response) -> str:
    code = _CODE.search(response.text[:4000])
    return f"{response.request.url.host}: storage answered {response.status_code}{f' ({code[1]})' if code else ''}"
