"""The client: each method is an address of the API."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from chereme.client.stream import Stream
from chereme.errors import ServiceError
from chereme.layout import BODY_HANDS_75, LAYOUTS, Layout
from chereme.poses import pose_from_bytes, pose_to_bytes
from chereme.types import PoseSequence

__all__ = ["Client"]

_API = "/api/v1"


class Client:
    """Talks to a running `chereme serve`; each method is an address of its API, and answers are its JSON.

    Clips are paths of videos, pictures and `.pose` files, or landmarks, which travel as `.pose`.

    Args:
        url: where the service is.
        token: for adding and removing signs, where the service asks for one.
        timeout: seconds to wait for an answer; a film of ten seconds takes about as long to be looked at.
        transport: of httpx, for tests and special networks.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8765",
        token: str = "",
        timeout: float = 120,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = [(b"Authorization", b"Bearer " + token.encode())] if token else []
        self._timeout = timeout
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # -- recognizing -----------------------------------------------------------------------------------------------

    def recognize(
        self,
        clip: str | Path | PoseSequence,
        top: int = 5,
        *,
        mirrored: bool = False,
        landmarks: bool = False,
        lexicon: bool = False,
        work: str = "",
    ) -> dict[str, Any]:
        """Which word a clip shows: `predictions`, best first, and `unknown`.

        Args:
            clip: what to look at.
            top: how many words.
            mirrored: the picture is mirrored, as selfie cameras store it.
            landmarks: answer with the landmarks that were found, too.
            lexicon: rank the signs of the service's lexicon beside the recognizer's words.
            work: a name of your own, for `progress` and `cancel` from another thread.

        Raises:
            ServiceError: the service refuses the clip, or cannot be reached.
        """
        fields = {"top": top, "mirrored": mirrored, "landmarks": landmarks, "lexicon": lexicon}
        return self._object(self._send("/recognitions", [clip], fields, work))

    def overlay(self, clip: str | Path | PoseSequence, *, mirrored: bool = False, work: str = "") -> bytes:
        """The clip as mp4 with what was found drawn over it.

        Raises:
            ServiceError: as `recognize`.
        """
        return self._send("/recognitions", [clip], {"answer": "overlay", "mirrored": mirrored}, work).content

    def spell(self, picture: str | Path, top: int = 5, *, mirrored: bool | None = None) -> dict[str, Any]:
        """Which letter a hand shows.

        Raises:
            ServiceError: as `recognize`.
        """
        fields: dict[str, Any] = {"top": top} | ({} if mirrored is None else {"mirrored": mirrored})
        return self._object(self._send("/asl/recognitions", [picture], fields))

    def hand_pose(self, picture: str | Path, *, mirrored: bool | None = None) -> dict[str, Any]:
        """Where a hand is in a picture: its `landmarks`, whose it is, and the box around it.

        Raises:
            ServiceError: as `recognize`.
        """
        return self._object(self._send("/asl/hand-pose", [picture], {} if mirrored is None else {"mirrored": mirrored}))

    @contextmanager
    def stream(
        self,
        size: tuple[int, int],
        fps: float = 25.0,
        layout: Layout = BODY_HANDS_75,
        *,
        top: int = 5,
        lexicon: bool = False,
    ) -> Iterator[Stream]:
        """Signing as it happens: send landmarks frame by frame, hear of each sign when it has come to its end.

        Args:
            size: width and height of the picture that the landmarks come from, in pixels.
            fps: frames per second, where no times are sent with them.
            layout: of the landmarks.
            top: how many words for each sign.
            lexicon: rank the signs of the service's lexicon beside the recognizer's words.

        Yields:
            What takes the landmarks; it is closed when the `with` block is left.

        Raises:
            ServiceError: as `recognize`; `busy` when as many streams are open as may be.
        """
        url = self._http.base_url.copy_with(scheme={"https": "wss"}.get(self._http.base_url.scheme, "ws"))
        told = {name: self._http.headers[name] for name in ("Authorization",) if name in self._http.headers}
        start = {"type": "start", "size": size, "fps": fps, "layout": layout.name, "top": top, "lexicon": lexicon}
        names = {} if layout.name in LAYOUTS else {"names": layout.names}
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(
                    connect(f"{str(url).rstrip('/')}{_API}/stream", additional_headers=told, open_timeout=self._timeout)
                )
            except InvalidStatus as error:
                raise ServiceError(
                    f"{url}: no stream is opened there; call the service by the address that it printed",
                    status=error.response.status_code,
                ) from error
            except (OSError, InvalidHandshake) as error:
                raise self._unanswered(error) from error
            yield Stream(connection, start | names, self._timeout)

    # -- producing -------------------------------------------------------------------------------------------------

    def produce(
        self,
        text: str | None = None,
        glosses: Iterable[str] | None = None,
        *,
        language: str = "",
        signs: str = "",
        speed: float = 1.0,
        spell: bool = False,
    ) -> dict[str, Any]:
        """Sign a text or glosses: landmarks to draw, where each gloss is in them, and which are missing.

        Args:
            text: in a spoken language.
            glosses: names of signs instead.
            language: of the text, `eng` or `por`; empty: the one spoken around the signed language.
            signs: signed language, `ins`, `ase`, `bzs` …; empty: the service's own.
            speed: factor.
            spell: spell what has no sign.

        Raises:
            ServiceError: nothing of it can be signed, or the service cannot be reached.
        """
        return self._object(self._produced("json", text, glosses, language, signs, speed, spell))

    def produce_pose(self, text: str | None = None, glosses: Iterable[str] | None = None, **how: Any) -> PoseSequence:
        """The same as landmarks; `how` as for `produce`."""
        return pose_from_bytes(self._produced("pose", text, glosses, **how).content, "the service's answer")

    def produce_film(self, text: str | None = None, glosses: Iterable[str] | None = None, **how: Any) -> bytes:
        """The same as mp4, a drawn signer; `how` as for `produce`."""
        return self._produced("mp4", text, glosses, **how).content

    def phrases(self, language: str = "", signs: str = "") -> list[dict[str, Any]]:
        """The phrases that the service has for a desk in health care."""
        return self._list(self._ask("GET", "/phrases", params={"language": language, "signs": signs}))

    # -- lexicon ---------------------------------------------------------------------------------------------------

    def lexicon(self, q: str = "", language: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
        """Signs by name: `total`, and `entries` from `offset`."""
        params = {"q": q, "language": language, "limit": limit, "offset": offset}
        return self._object(self._ask("GET", "/lexicon", params=params))

    def teach(self, gloss: str, *clips: str | Path | PoseSequence, **sign: str) -> dict[str, Any]:
        """Add one to five examples of a sign; `sign`: language, variant, sense, source, licence, signer.

        Raises:
            ServiceError: not allowed here, or a clip will not do; then none was added.
        """
        return self._object(self._send("/lexicon", clips, {"gloss": gloss, **sign}))

    def look_up(self, clip: str | Path | PoseSequence, top: int = 10) -> dict[str, Any]:
        """Which signs a clip is like, the nearest first."""
        return self._object(self._send("/lexicon/search", [clip], {"top": top}))

    def pose(self, id: str) -> PoseSequence:
        """The landmarks of an entry."""
        return pose_from_bytes(self._ask("GET", f"/lexicon/{quote(id, safe='')}/pose").content, id)

    def forget(self, id: str, *, whole: bool = False) -> dict[str, Any]:
        """Remove an example, or with `whole` the sign that it is of."""
        return self._object(self._ask("DELETE", f"/lexicon/{quote(id, safe='')}", params={"all": whole}))

    def export_lexicon(self) -> bytes:
        """The service's own signs as a zip."""
        return self._ask("GET", "/lexicon/export").content

    def import_lexicon(self, packed: bytes) -> dict[str, Any]:
        """Add what such a zip holds: how many were `added`, `skipped`, and which `failed`."""
        files = {"file": ("signs.zip", packed, "application/zip")}
        return self._object(self._ask("POST", "/lexicon/import", files=files))

    # -- the service -----------------------------------------------------------------------------------------------

    def models(self) -> list[dict[str, Any]]:
        """What answers, and what it may be used for."""
        return self._list(self._ask("GET", "/models"))

    def samples(self) -> list[dict[str, Any]]:
        """Drawn clips to try, those to show first at the front: `gloss`, `seconds`, and `href`."""
        return self._list(self._ask("GET", "/samples"))

    def sample(self, gloss: str) -> bytes:
        """One of them as mp4.

        Raises:
            ServiceError: there is none of that name.
        """
        return self._ask("GET", f"/samples/{quote(gloss, safe='')}.mp4").content

    def health(self) -> dict[str, Any]:
        """That it runs, which version, and how large a clip may be."""
        return self._object(self._ask("GET", "/health"))

    def progress(self, work: str) -> dict[str, Any]:
        """How far the request of that name is: `state` and `share`.

        Raises:
            ServiceError: nothing of that name is worked on.
        """
        return self._object(self._ask("GET", f"/work/{quote(work, safe='')}"))

    def cancel(self, work: str) -> None:
        """End the request of that name.

        Raises:
            ServiceError: nothing of that name is worked on.
        """
        self._ask("DELETE", f"/work/{quote(work, safe='')}")

    # --------------------------------------------------------------------------------------------------------------

    def _produced(
        self,
        form: str,
        text: str | None,
        glosses: Iterable[str] | None,
        language: str = "",
        signs: str = "",
        speed: float = 1.0,
        spell: bool = False,
    ) -> httpx.Response:
        asked: dict[str, Any] = {"language": language, "signs": signs, "speed": speed, "spell": spell}
        asked |= {} if text is None else {"text": text}
        asked |= {} if glosses is None else {"glosses": list(glosses)}
        return self._ask("POST", "/productions", params={"format": form}, json=asked)

    def _send(
        self, path: str, clips: Iterable[str | Path | PoseSequence], fields: Mapping[str, Any], work: str = ""
    ) -> httpx.Response:
        said = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in fields.items()}
        with ExitStack() as stack:
            files: list[tuple[str, Any]] = []
            for clip in clips:
                if isinstance(clip, PoseSequence):
                    files.append(("file", ("landmarks.pose", pose_to_bytes(clip))))
                else:
                    try:
                        opened = stack.enter_context(Path(clip).open("rb"))
                    except OSError as error:
                        raise ServiceError(f"{clip}: cannot be read: {error.strerror or error}") from error
                    files.append(("file", (Path(clip).name, opened)))
            return self._ask("POST", path, files=files, data=said, headers={"X-Work": work} if work else {})

    def _ask(self, verb: str, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._http.request(verb, _API + path, **sent)
        except httpx.HTTPError as error:
            raise self._unanswered(error) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _unanswered(self, error: Exception) -> ServiceError:
        return ServiceError(
            f"{self._http.base_url}: no answer ({type(error).__name__}: {error}); start it with `chereme serve`"
        )

    def _object(self, answer: httpx.Response) -> dict[str, Any]:
        found = answer.json()
        assert isinstance(found, dict), "the API answers so"
        return found

    def _list(self, answer: httpx.Response) -> list[dict[str, Any]]:
        found = answer.json()
        assert isinstance(found, list), "the API answers so"
        return found


def _refusal(answer: httpx.Response) -> ServiceError:
    try:
        told = answer.json()
        return ServiceError(str(told["detail"]), str(told["code"]), answer.status_code)
    except (ValueError, KeyError, TypeError):  # something between us and the service answered
        return ServiceError(f"{answer.url}: answered {answer.status_code}", "", answer.status_code)
