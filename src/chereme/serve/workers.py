"""Worker threads behind a bounded queue: the event loop stays free, and a crowd is told to come back."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from starlette.requests import Request

from chereme.serve.refusals import RefusedError

__all__ = ["AbandonedError", "Work", "Workers"]

T = TypeVar("T")

_LONGEST_NAME = 100
_log = logging.getLogger("uvicorn.error")  # what the service's own log goes to


class AbandonedError(Exception):
    """Nobody waits for the answer any more."""


class Work(threading.Event):
    """One request's heavy work, as the thread and those who ask after it see it; set when it is to end.

    Args:
        name: by which the client asks after it; empty: it gave none.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name
        self.cancelled = False
        """Somebody asked for the end; else it is set because nobody waits any more."""
        self.running = False
        """A thread has begun with it; else it waits for one."""
        self.share = 0.0
        """How much of it is done, from 0 to 1, as far as it can be told."""
        self.waits: Future[Any] | None = None
        """What a thread will begin with; once begun it is ended by `check` alone."""

    def set(self) -> None:
        """It is to end; where it only waits it ends now, and no thread will begin with it."""
        super().set()
        if self.waits is not None:
            self.waits.cancel()

    def cancel(self) -> None:
        """Ask the thread to end."""
        self.cancelled = True
        self.set()

    def check(self, share: float | None = None) -> None:
        """For the thread to call now and then.

        Args:
            share: how much is done.

        Raises:
            AbandonedError: it is to end.
        """
        if self.is_set():
            raise AbandonedError
        if share is not None:
            self.share = min(max(share, self.share), 1.0)


class Workers:
    """A few threads for heavy work. Requests share nothing but these.

    Who goes away, or is cancelled, while waiting for a thread gives up the place at once.

    Args:
        at_once: threads.
        waiting: requests that may be let in besides those being worked on.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="chereme")
        self._places = at_once + waiting
        self._let_in = 0
        self._named: dict[str, Work] = {}

    @property
    def let_in(self) -> int:
        """Requests that are worked on or wait just now."""
        return self._let_in

    def work(self, name: str) -> Work:
        """What runs or waits under a name that a client gave it.

        Raises:
            RefusedError: nothing does.
        """
        try:
            return self._named[name]
        except KeyError:
            raise RefusedError("no_work", f"nothing that is called {name[:60]!r} is worked on") from None

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

    async def do(self, work: Callable[[Work], T], request: Request, shown: str) -> T:
        """Run the work in a thread and wait for it; its event is set when nobody waits any more.

        A client may name it in the header `X-Work`, and then ask after it or cancel it under that name.

        Args:
            work: given an event that it looks at now and then.
            request: fully read; when its client goes away the work is told.
            shown: what a refusal calls that which is worked on.

        Raises:
            RefusedError: by the work; `cancelled`; `internal` for what it should not have raised, which is logged.
            AbandonedError: by the work, when the client went away.
        """
        own = Work(request.headers.get("x-work", "")[:_LONGEST_NAME])
        if own.name:
            if own.name in self._named:
                raise RefusedError("form", f"{own.name!r} is the name of other work", "give each request its own")
            self._named[own.name] = own

        watching = asyncio.create_task(_until_gone(request, own))
        try:
            return await self.run(work, shown, own)
        finally:
            self._named.pop(own.name, None)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def run(self, work: Callable[[Work], T], shown: str, own: Work | None = None) -> T:
        """The same where nobody can ask after it, as for a part of something that goes on."""
        own = own or Work()
        todo = [work]  # the queue keeps what was cancelled until a thread comes to it: an upload must not stay so long

        def begin() -> T:
            own.check()
            own.running = True
            return todo.pop()(own)

        own.waits = self._pool.submit(begin)
        try:
            return await _begun_or_abandoned(own, own.waits)
        except AbandonedError:
            if own.cancelled:
                raise RefusedError("cancelled", f"{shown}: was cancelled") from None
            raise
        except RefusedError:
            raise
        except Exception as error:
            _log.exception("a request could not be worked on")
            raise RefusedError("internal", f"{shown}: something broke here that should not") from error
        finally:
            todo.clear()
            own.set()

    def close(self) -> None:
        """Let running work end, drop what waits."""
        self._pool.shutdown(cancel_futures=True)


async def _begun_or_abandoned(own: Work, waits: "Future[T]") -> T:
    try:
        return await asyncio.wrap_future(waits)
    except asyncio.CancelledError:
        if own.is_set():  # else it is we who are cancelled, by the server that ends
            raise AbandonedError from None
        raise


async def _until_gone(request: Request, stop: Work) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    stop.set()
