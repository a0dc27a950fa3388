"""`/stream`: landmarks in, frame by frame, over a WebSocket; words out whenever a sign has come to its end."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, WebSocket
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from chereme.errors import CheremeError, LayoutError
from chereme.layout import Layout
from chereme.recognize import Recognizer
from chereme.segment import Cut, Segmenter
from chereme.serve.landmarks import FASTEST, SentLandmarks, layout_of, sequence_of
from chereme.serve.metrics import Metrics
from chereme.serve.refusals import RefusedError, refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.work import answer_landmarks
from chereme.serve.workers import AbandonedError, Work, Workers

if TYPE_CHECKING:  # it loads the lexicon's database: not before somebody asks
    from chereme.serve.lexicons import Lexicons

__all__ = ["Streams", "routes"]

_POLICY, _UNREADABLE, _BUSY = 1008, 1007, 1013  # codes with which a WebSocket is closed
_KEPT = 16
"""Messages that are read ahead while a sign is worked on; the others stay with the sender."""


class Start(msgspec.Struct, forbid_unknown_fields=True, tag="start", tag_field="type"):
    """The first message: what the frames will be."""

    size: tuple[int, int]
    fps: float = 25.0
    layout: str = "body_hands_75"
    names: list[str] | None = None
    top: int = 5
    lexicon: bool = False


class Frames(msgspec.Struct, forbid_unknown_fields=True, tag="frames", tag_field="type"):
    """One frame or several."""

    points: list[list[list[float] | None]] | bytes
    times: list[float] | None = None
    """Seconds of each; left out: one after the other at the rate of the start."""


class End(msgspec.Struct, forbid_unknown_fields=True, tag="end", tag_field="type"):
    """No more frames come: a sign that is under way is over."""


_Sent = Start | Frames | End
_JSON: msgspec.json.Decoder[_Sent] = msgspec.json.Decoder(_Sent)
_MSGPACK: msgspec.msgpack.Decoder[_Sent] = msgspec.msgpack.Decoder(_Sent)


class Streams:
    """What streams share.

    Args:
        settings: how much is taken, and how many streams at once.
        workers: threads that do the work.
        recognizer: gives it, or refuses where none could be opened.
        lexicons: gives the signs that may be named beside its words.
        metrics: where streams are counted.
    """

    def __init__(
        self,
        settings: ServeSettings,
        workers: Workers,
        recognizer: Callable[[], Recognizer],
        lexicons: "Callable[[], Lexicons]",
        metrics: Metrics,
    ) -> None:
        self.settings, self.workers, self.metrics = settings, workers, metrics
        self._recognizer, self._lexicons = recognizer, lexicons
        self._open = 0

    async def serve(self, socket: WebSocket) -> None:
        """One stream, from its start to its end."""
        await socket.accept()
        stream = _Stream(socket)
        if self._open >= self.settings.streams:
            await stream.refuse(RefusedError("busy", f"{self._open} streams are open"), _BUSY)
            return
        self._open += 1
        self.metrics.streams.inc()
        try:
            await self._serve(stream)
        except RefusedError as refused:
            await stream.refuse(refused, _UNREADABLE if refused.code == "json" else _POLICY)
        except TimeoutError:
            idle = RefusedError("slow_upload", f"no frame for {self.settings.stream_idle:g} s", "start another")
            await stream.refuse(idle, _POLICY)
        except WebSocketDisconnect:
            pass
        finally:
            self._open -= 1
            self.metrics.streams.dec()

    async def _serve(self, stream: "_Stream") -> None:
        recognizer = self._recognizer()
        start = await self._next(stream)
        if not isinstance(start, Start):
            raise RefusedError("json", "the first message must be of type `start`")
        if not 1 <= start.top <= 1000:
            raise RefusedError("json", f"`top` must be a number from 1 to 1000, got {start.top}")
        layout = layout_of(start.layout, start.names, "stream")
        try:
            segmenter = Segmenter(layout)
        except LayoutError as error:
            raise RefusedError("landmarks_missing", str(error)) from error
        await stream.send({"type": "ready", "bundle": recognizer.bundle.name, "layout": layout.name})
        signing, time = False, 0.0
        while True:
            sent = await self._next(stream)
            if isinstance(sent, Start):
                raise RefusedError("json", "a stream is started once")
            cuts: list[Cut | None] = []
            if isinstance(sent, End):
                cuts.append(segmenter.flush())
            else:
                for points, at in self._frames(sent, start, time):
                    time = at
                    cuts.append(segmenter.push(points, at))
                    if len(segmenter) > segmenter.rest.longest * 2 * FASTEST:
                        raise RefusedError("too_long", f"more than {FASTEST} frames a second")
            if segmenter.signing != signing:
                signing = segmenter.signing
                await stream.send({"type": "signing", "signing": signing})
            for cut in cuts:
                if cut is not None:
                    await stream.send(await self._words(stream, cut, start, layout, recognizer))
            if isinstance(sent, End):
                await stream.send({"type": "end"})
                return

    async def _next(self, stream: "_Stream") -> _Sent:
        async with asyncio.timeout(self.settings.stream_idle):
            return await stream.receive()

    def _frames(self, sent: Frames, start: Start, last: float) -> list[tuple[Any, float]]:
        """Frames and their times."""
        landmarks = SentLandmarks(start.fps, start.size, sent.points, start.layout, start.names)
        points = sequence_of(landmarks, "stream", self.settings).points
        times = sent.times
        if times is None:
            times = [last + (i + 1) / start.fps for i in range(len(points))]
        if len(times) != len(points):
            raise RefusedError("json", f"{len(times)} `times` of {len(points)} frames")
        if not all(abs(time) < 1e9 for time in times):
            raise RefusedError("json", "a time is no number of seconds")
        return list(zip(points, times, strict=True))

    async def _words(
        self, stream: "_Stream", cut: Cut, start: Start, layout: Layout, recognizer: Recognizer
    ) -> dict[str, Any]:
        """What a sign was; one that cannot be used, or finds no place, is told, and the stream goes on.

        Raises:
            WebSocketDisconnect: the client went away meanwhile.
        """

        def work(_: Work) -> dict[str, Any]:
            judge = self._lexicons().beside(recognizer) if start.lexicon else recognizer
            try:
                return answer_landmarks(cut.sequence(layout, start.size), judge, "sign", start.top)
            except CheremeError as error:
                raise refusal_of(error, "sign", "sign") from error

        where = {"start": round(cut.times[0], 3), "end": round(cut.times[-1], 3)}
        self.metrics.signs.inc()
        try:
            with self.workers.place():
                async with stream.work() as own:
                    found = await self.workers.run(work, "sign", own)
        except RefusedError as refused:
            return {"type": "refused", **where, "code": refused.code, "detail": refused.detail}
        except AbandonedError:
            raise WebSocketDisconnect from None
        del found["file"]
        return {"type": "sign", **where, **found}


class _Stream:
    """Messages in JSON or msgpack; answers are in whichever came last."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.binary = False
        self._ahead: deque[Message] = deque()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Work that is told to end when the client goes away."""
        own = Work()
        watching = asyncio.create_task(self._until_gone(own))
        try:
            yield own
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _until_gone(self, own: Work) -> None:
        while len(self._ahead) < _KEPT:
            self._ahead.append(await self.socket.receive())
            if self._ahead[-1]["type"] == "websocket.disconnect":
                own.set()
                return

    async def receive(self) -> _Sent:
        message = self._ahead.popleft() if self._ahead else await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        content = message.get("bytes")
        self.binary = content is not None
        try:
            if content is None:
                return _JSON.decode(message.get("text") or "")
            return _MSGPACK.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RefusedError("json", f"a message is not what is asked for: {error}", _ADVICE) from error

    async def send(self, told: dict[str, Any]) -> None:
        if self.binary:
            await self.socket.send_bytes(msgspec.msgpack.encode(told))
        else:
            await self.socket.send_text(msgspec.json.encode(told).decode())

    async def refuse(self, refused: RefusedError, code: int) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # it may be gone already
            await self.send({"type": "refused", "code": refused.code, "detail": refused.detail})
            await self.socket.close(code)


_ADVICE = "docs/client.md shows a stream"


def routes(streams: Streams) -> APIRouter:
    """`/stream`."""
    api = APIRouter()

    @api.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await streams.serve(socket)

    return api
