"""A made-up clock for tests of benches: what is timed costs what the test says, whatever else the machine does."""

from collections.abc import Callable
from typing import Any


class MadeUpClock:
    """Stands in for the module `time`; its processor works half of the time."""

    def __init__(self) -> None:
        self._busy = 0.0

    def pass_by(self, seconds: float) -> None:
        """The processor worked for so long."""
        self._busy += seconds

    def costs(self, function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
        """The same function, at a price."""

        def at_a_price(*args: Any, **kwargs: Any) -> Any:
            self.pass_by(seconds)
            return function(*args, **kwargs)

        return at_a_price

    def process_time(self) -> float:
        return self._busy

    def thread_time(self) -> float:
        return self._busy

    def perf_counter(self) -> float:
        return 2 * self._busy
