"""Work on a Ray cluster: with a stand-in of its few functions, and with Ray itself where it is installed."""

import inspect
import sys
from functools import partial
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from chereme.errors import MissingExtraError, TrainingError
from chereme.train.cluster import on_cluster


def times(factor: int, number: int) -> int:
    return factor * number


double = partial(times, 2)


class FakeRay:
    """One machine after the other: the last piece of work that was given out ends first."""

    def __init__(self, cpus: int = 2, gpus: int = 0) -> None:
        self.there = {"CPU": float(cpus), "GPU": float(gpus)}
        self.most = 0
        self.down = False

    def init(self, address, **others):
        if address == "ray://nowhere:1":
            raise ConnectionError("no such host")

    def cluster_resources(self):
        return self.there

    def remote(self, **needs):
        self.needs = needs

        def made(work):
            assert inspect.isfunction(work)  # as Ray demands
            return SimpleNamespace(remote=lambda number: (work, number))

        return made

    def wait(self, pending, num_returns):
        self.most = max(self.most, len(pending))
        return [pending[-1]], pending[:-1]

    def get(self, ready):
        work, number = ready
        return work(number)

    def shutdown(self):
        self.down = True


@pytest.fixture
def ray(monkeypatch):
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    return fake


def test_all_work_is_done_as_room_allows(ray):
    assert sorted(on_cluster("auto", double, range(5))) == [(0, 0), (1, 2), (2, 4), (3, 6), (4, 8)]
    assert ray.most == 2
    assert ray.down
    assert ray.needs == {"num_cpus": 1, "num_gpus": 0, "max_retries": 2}


def test_numbers_are_asked_for_when_there_is_room(ray):
    """A search chooses a trial's settings by the trials that have ended."""
    events = []
    numbers = (events.append(("asked", n)) or n for n in range(4))
    for number, _ in on_cluster("auto", double, numbers, cpus=2):
        events.append(("ended", number))
    assert events == [(what, n) for n in range(4) for what in ("asked", "ended")]


def test_a_cluster_without_room_or_address(ray):
    with pytest.raises(TrainingError, match="no room for 1 cores and 1 GPUs"):
        list(on_cluster("auto", double, [1], gpus=1))
    assert ray.down
    with pytest.raises(TrainingError, match="no Ray cluster at ray://nowhere:1"):
        list(on_cluster("ray://nowhere:1", double, [1]))


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"chereme\[cluster\]"):
        list(on_cluster("auto", double, [1]))


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra `cluster` is not installed")
@pytest.mark.filterwarnings("default")
def test_ray_itself():
    assert sorted(on_cluster("local", double, range(3))) == [(0, 0), (1, 2), (2, 4)]
