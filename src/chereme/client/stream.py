"""A stream of landmarks to the service, and the words that come back."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from chereme.errors import ServiceError
from chereme.types import Floats

__all__ = ["Stream"]


class Stream:
    """Landmarks out, frame by frame, and words back; made by `Client.stream`.

    What it hears are the messages of docs/client.md: `signing` when hands begin to move or come to rest, `sign` for
    each sign with its `predictions`, `start` and `end`, and `refused` for a sign that cannot be used.
    """

    def __init__(self, connection: ClientConnection, start: Mapping[str, Any], timeout: float) -> None:
        self._connection, self._timeout = connection, timeout
        self._second = max(1, round(start["fps"]))
        self._say(start)
        self.about: dict[str, Any] = self._hear(timeout)
        """Which `bundle` answers, and the `layout` that is taken."""

    def send(self, points: Floats, times: Sequence[float] | None = None) -> list[dict[str, Any]]:
        """Send what was seen, and give what has been told since; never waits for a sign to end.

        Args:
            points: a frame (landmarks, 3) or several (frames, landmarks, 3), in picture heights, NaN where not seen.
            times: seconds of each frame; None: one after the other at the rate of the start.

        Raises:
            ServiceError: the service will have no more of it, and says why.
        """
        frames = np.asarray(points, "<f4")
        frames = frames[None] if frames.ndim == 2 else frames
        told = self._heard()
        for i in range(0, len(frames), self._second):  # a second at a time: a message has a largest size
            some = slice(i, i + self._second)
            at = {} if times is None else {"times": [float(time) for time in times[some]]}
            self._say({"type": "frames", "points": frames[some].tobytes(), **at})
            told += self._heard()
        return told

    def end(self) -> list[dict[str, Any]]:
        """No more comes: a sign that is under way is over. Gives all that is left to be told.

        Raises:
            ServiceError: as `send`.
        """
        self._say({"type": "end"})
        told = []
        while (one := self._hear(self._timeout))["type"] != "end":
            told.append(one)
        return told

    def _heard(self) -> list[dict[str, Any]]:
        """What has come, without waiting."""
        told = []
        with suppress(TimeoutError):
            while True:
                told.append(self._hear(0))
        return told

    def _say(self, message: Mapping[str, Any]) -> None:
        try:
            self._connection.send(msgspec.msgpack.encode(message))
        except ConnectionClosed:
            self._heard()  # it may have said why
            raise ServiceError("the service has closed the stream; open another") from None

    def _hear(self, timeout: float) -> dict[str, Any]:
        try:
            message = self._connection.recv(timeout)
        except ConnectionClosed:
            raise ServiceError("the service has closed the stream; open another") from None
        except TimeoutError:
            if not timeout:
                raise
            raise ServiceError(f"the stream: nothing came in {timeout:g} s; open another") from None
        told: dict[str, Any]
        told = msgspec.json.decode(message) if isinstance(message, str) else msgspec.msgpack.decode(message)
        if told["type"] == "refused" and "start" not in told:  # else it is of one sign, and the stream goes on
            self._connection.close()
            raise ServiceError(told["detail"], told["code"])
        return told
