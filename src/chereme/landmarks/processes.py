"""The same work on many items in several processes; one that crashes costs the item in its hands and no more."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from chereme.errors import ManifestError

__all__ = ["Crash", "cores", "crash_line", "fault", "in_processes"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Crash:
    """In a result's place: the process ended before it answered."""

    exit_code: int | None


def in_processes(
    items: Iterable[Item], begin_work: Callable[[], Callable[[Item], Result]], count: int
) -> Generator[tuple[Item, Result | Crash], None, None]:
    """Do the same work on every item, yielding each with its result as it comes, in no fixed order.

    Each process takes one item at a time; another takes the place of one that crashed. Closing the generator ends
    the processes.

    Args:
        items: read as processes become free, so they may be many.
        begin_work: called once in each process, it gives the function from item to result; goes there by pickle.
        count: processes.

    Raises:
        ManifestError: a process cannot start.
    """
    waiting = iter(items)
    workers: dict[object, _Worker] = {w.pipe: w for w in (_Worker(begin_work) for _ in range(count))}
    try:
        while workers:
            for pipe in wait([w.pipe for w in workers.values()]):
                worker = workers[pipe]
                done: tuple[Any, Any] | None = None
                try:
                    answer = worker.pipe.recv()
                except (EOFError, OSError):
                    del workers[pipe]
                    crash = worker.crashed()
                    if worker.busy:
                        done = worker.item, crash
                    worker = _Worker(begin_work)
                    workers[worker.pipe] = worker
                else:
                    if worker.busy:
                        done = worker.item, answer
                    worker.ready = True
                    try:
                        worker.begin(next(waiting))
                    except StopIteration:
                        del workers[pipe]
                        worker.stop()
                if done is not None:
                    yield done
    finally:
        for worker in workers.values():
            worker.stop()


def cores() -> int:
    """Those this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def crash_line(name: str | Path, crash: Crash) -> str:
    """What to say of an item on which the process crashed."""
    return (
        f"{name}: the engine crashed on it (exit code {crash.exit_code}); open the file in a viewer,"
        " and see whether memory suffices"
    )


def fault(name: str | Path, error: Exception) -> str:
    """What to say of an item on which we ourselves failed: that must not stop a job of many hours."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno});"
        " a fault of chereme, please report it"
    )


class _Worker:
    """A process that works on one item at a time."""

    def __init__(self, begin_work: Callable[[], Callable[[Any], Any]]) -> None:
        # a fresh interpreter: a forked copy of a process with threads, such as the engine's, may hang
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, begin_work), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = self.busy = False
        self.item: Any = None

    def begin(self, item: Any) -> None:
        self.item, self.busy = item, True
        with suppress(BrokenPipeError):  # it died in between: the next reading notices
            self.pipe.send(item)

    def crashed(self) -> Crash:
        self.stop()
        if not self.ready:
            raise ManifestError(
                "a worker process cannot start; a script that works in several processes needs"
                ' `if __name__ == "__main__":`'
            )
        return Crash(self.process.exitcode)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection, begin_work: Callable[[], Callable[[Any], Any]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    work = begin_work()
    with suppress(EOFError, BrokenPipeError):  # the parent is gone
        pipe.send(None)
        while True:
            pipe.send(work(pipe.recv()))
