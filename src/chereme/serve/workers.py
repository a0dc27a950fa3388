"""Worker threads behind a bounded queue: the event loop stays free, and a crowd is told to come back."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from starlette.requests import Request

from chereme.serve.refusals import RefusedError

__all__ = ["AbandonedError", "Workers"]

T = TypeVar("T")

_log = logging.getLogger("uvicorn.error")  # what the service's own log goes to


class AbandonedError(Exception):
    """Nobody waits for the answer any more."""


class Workers:
    """A few threads for heavy work. Requests share nothing but these.

    Args:
        at_once: threads.
        waiting: requests that may be let in besides those being worked on.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="chereme")
        self._places = at_once + waiting
        self._let_in = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, held from before the upload until the answer.

        Raises:
            RefusedError: all are taken.
        """
        if self._let_in >= self._places:
            raise RefusedError("busy", f"{self._let_in} requests are being worked on or wait")
        self._let_in += 1
        try:
            yield
        finally:
            self._let_in -= 1

    async def do(self, work: Callable[[threading.Event], T], request: Request, shown: str) -> T:
        """Run the work in a thread and wait for it; its event is set when nobody waits any more.

        Args:
            work: given an event that it looks at now and then.
            request: fully read; when its client goes away the work is told.
            shown: what a refusal calls that which is worked on.

        Raises:
            RefusedError: by the work; `internal` for what it should not have raised, which is logged.
            AbandonedError: by the work.
        """
        stop = threading.Event()
        running = self._pool.submit(work, stop)
        watching = asyncio.create_task(_until_gone(request, stop))
        try:
            return await asyncio.wrap_future(running)
        except (RefusedError, AbandonedError):
            raise
        except Exception as error:
            _log.exception("a request could not be worked on")
            raise RefusedError("internal", f"{shown}: something broke here that should not") from error
        finally:
            stop.set()
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    def close(self) -> None:
        """Let running work end, drop what waits."""
        self._pool.shutdown(cancel_futures=True)


async def _until_gone(request: Request, stop: threading.Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    stop.set()
