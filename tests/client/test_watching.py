"""Following annotations: what is told, how often is asked, when it ends."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from fake_service import Answer, FakeService, annotation

from labelmill.client.client import Client
from labelmill.client.models import Annotation
from labelmill.client.watching import FIRST_PAUSE_S, MAX_PAUSE_S, watch


class World:
    """Annotations that go on by themselves, and a clock that only waiting moves."""

    def __init__(self, **courses: list[tuple[str, int]]) -> None:
        self.courses: dict[str, Iterator[tuple[str, int]]] = {name: iter(course) for name, course in courses.items()}
        self.asked: list[str] = []
        self.waits: list[float] = []

    def get(self, name: str) -> Annotation:
        self.asked.append(name)
        status, images = next(self.courses[name])
        return msgspec.convert(annotation(1, status, images, id=name), Annotation)

    def follow(self, *names: str, timeout_s: float | None = None) -> list[tuple[str, str, int]]:
        found = watch(self.get, names, timeout_s, sleep=self.waits.append, now=lambda: sum(self.waits))
        return [(one.id, one.status, one.progress.images) for one in found]


def test_each_change_is_told_once() -> None:
    world = World(
        a=[("queued", 0), ("queued", 0), ("running", 3), ("running", 3), ("running", 7), ("complete", 10)],
        b=[("running", 1), ("failed", 1)],
    )
    told = world.follow("a", "b", "a")
    assert [one for one in told if one[0] == "a"] == [
        ("a", "queued", 0),
        ("a", "running", 3),
        ("a", "running", 7),
        ("a", "complete", 10),
    ]
    assert [one for one in told if one[0] == "b"] == [("b", "running", 1), ("b", "failed", 1)]
    assert world.asked.count("b") == 2
    assert len(world.waits) == 5


@pytest.mark.parametrize("status", ["complete", "failed", "cancelled"])
def test_what_has_ended_is_told_without_waiting(status: str) -> None:
    world = World(a=[(status, 10)])
    assert world.follow("a") == [("a", status, 10)]
    assert not world.waits
    assert world.follow() == []


def test_it_asks_more_and_more_seldom() -> None:
    world = World(a=[("running", 1)] * 40 + [("complete", 10)])
    world.follow("a")
    assert world.waits[0] == FIRST_PAUSE_S == 0.5
    assert world.waits == sorted(world.waits)
    assert world.waits[-1] == MAX_PAUSE_S == 5


def test_it_gives_up() -> None:
    world = World(a=[("running", 1)] * 40, b=[("complete", 10)])
    with pytest.raises(TimeoutError, match=r"^1 annotations have not ended after 7 s: a$"):
        world.follow("a", "b", timeout_s=7)
    assert sum(world.waits) == pytest.approx(7)


def test_through_the_client(service: FakeService, client: Client) -> None:
    service.answers["GET", "/v1/annotations/an-1"] = Answer(200, annotation(1, "complete", 10))
    (only,) = client.annotations.watch("an-1")
    assert only.is_final
    assert only.progress.fraction == 1
