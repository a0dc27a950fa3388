"""The same work on the machines of a Ray cluster."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from chereme.errors import MissingExtraError, TrainingError

__all__ = ["on_cluster"]

T = TypeVar("T")


def on_cluster(
    address: str, work: Callable[[int], T], numbers: Iterable[int], cpus: int = 1, gpus: int = 0
) -> Iterator[tuple[int, T]]:
    """Run `work` for each number on whichever machine has room, and give each result as it comes.

    Work whose machine dies is begun again elsewhere by Ray, twice at most.

    Args:
        address: of the cluster, as Ray takes it; `local` begins one on this machine.
        work: a function that can be pickled, as its result.
        numbers: asked for one at a time, when there is room.
        cpus: processor cores that one piece of work holds.
        gpus: and graphics processors.

    Raises:
        MissingExtraError: Ray is not installed.
        TrainingError: there is no such cluster, or nowhere in it room for one piece of work.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("cluster", "a Ray cluster") from error
    try:
        ray.init(address=None if address == "local" else address, include_dashboard=False, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise TrainingError(f"no Ray cluster at {address}: {error}") from error

    def task(number: int) -> T:  # Ray takes plain functions only
        return work(number)

    try:
        there: dict[str, Any] = ray.cluster_resources()
        room = int(there.get("CPU", 0) // cpus)
        room = min(room, int(there.get("GPU", 0) // gpus)) if gpus else room
        if room < 1:
            raise TrainingError(f"the Ray cluster at {address} has no room for {cpus} cores and {gpus} GPUs at once")
        remote = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=2)(task)
        waiting, pending = iter(numbers), dict[Any, int]()
        while True:
            while len(pending) < room and (number := next(waiting, None)) is not None:
                pending[remote.remote(number)] = number
            if not pending:
                return
            (ready, *_), _ = ray.wait(list(pending), num_returns=1)
            yield pending.pop(ready), ray.get(ready)
    finally:
        ray.shutdown()
