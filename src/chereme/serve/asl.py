"""Letters from pictures of one hand: the routes under /api/v1/asl, with the schemas of the alphabet portal.

Readiness is looked at before the picture is, so that a service without a model never blames the picture.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel

from chereme.errors import CheremeError, ClipError, MissingExtraError
from chereme.landmarks.extractor import Image
from chereme.landmarks.picture import decode_picture
from chereme.serve.answers import ASL_SAYS, BoundingBox, HandPose, Letter, Place, RankedLetter, errors
from chereme.serve.refusals import ADVICE, RefusedError, refusal_of
from chereme.serve.settings import AslSettings, ServeSettings
from chereme.serve.upload import Body, PictureUpload, limit_of, receive_picture
from chereme.serve.workers import AbandonedError, Workers
from chereme.spell import Speller

if TYPE_CHECKING:  # it loads MediaPipe, which may be missing
    from chereme.landmarks.hands import HandConfig, HandFinder, SeenHand

__all__ = ["Fingerspelling", "hand_pose", "open_speller", "routes"]

A = TypeVar("A", bound=BaseModel)

_ADVICE = {
    "empty": "choose the picture again",
    "damaged": "send a picture as JPEG, PNG or WebP",
    "form": "send a multipart form with the picture in the field `file`",
    "slow_upload": "try again, or send a smaller picture",
    "too_large": "scale the picture down first",
    "no_hand": "show one hand, whole and close, in good light",
}
"""Where that of other routes, which is about clips, does not fit."""
_ENGINE = {
    "min_detection_confidence": "min_detection_confidence",
    "min_tracking_confidence": "min_tracking_confidence",
    "max_num_hands": "max_hands",
}
"""Field of `AslSettings` to that of `HandConfig`."""


class Fingerspelling:
    """What the requests for letters and hands share; one engine per worker thread, opened when it is first needed.

    Args:
        settings: of these routes.
        limits: how much of an upload is taken.
        workers: threads that do the work, shared with the other routes.
        folder: for pictures while they arrive, and for a checkpoint while it is converted.
    """

    def __init__(self, settings: AslSettings, limits: ServeSettings, workers: Workers, folder: Path) -> None:
        self.settings, self.limits, self.workers, self.folder = settings, limits, workers, folder
        self._speller: Speller | CheremeError
        try:
            self._speller = open_speller(settings.classifier_path, folder)
        except CheremeError as error:
            self._speller = error
        self._mine = threading.local()
        self._opened: list[HandFinder] = []

    @property
    def state(self) -> Literal["ready", "no model", "no engine"]:
        """Whether letters can be recognized."""
        if isinstance(self._speller, CheremeError):
            return "no model"
        return "ready" if find_spec("mediapipe") else "no engine"

    @property
    def speller(self) -> Speller:
        """Raises RefusedError when it could not be opened at the start."""
        if isinstance(self._speller, CheremeError):
            what, _, advice = str(self._speller).partition("; ")
            raise RefusedError("no_speller", what, advice and f"{advice}; {ADVICE['no_speller'][1]}")
        return self._speller

    def ready(self) -> Speller:
        """The speller, where there is also an engine to find hands for it; RefusedError says what is missing."""
        speller = self.speller
        _check_engine()
        return speller

    async def letter(self, request: Request) -> Letter:
        """Which letter the hand in an uploaded picture shows."""
        return await self._answer(request, lambda: partial(self._letter, self.ready()))

    async def hand_pose(self, request: Request) -> HandPose:
        """Where the hand in an uploaded picture is; needs no speller."""

        def ready() -> Callable[[PictureUpload], HandPose]:
            _check_engine()
            return self._hand_pose

        return await self._answer(request, ready)

    async def _answer(self, request: Request, ready: Callable[[], Callable[[PictureUpload], A]]) -> A:
        body = Body(request, limit_of(self.limits))
        try:
            look = ready()
            with self.workers.place():
                upload = await receive_picture(body, self.limits, self.folder)

                def work(stop: threading.Event) -> A:
                    if stop.is_set():
                        raise AbandonedError
                    return look(upload)

                return await self.workers.do(work, request, upload.name)
        except RefusedError as refused:
            await body.drain()
            refused.advice = refused.advice or _ADVICE.get(refused.code, "")
            raise

    def _letter(self, speller: Speller, upload: PictureUpload) -> Letter:
        hand, image = self._find(upload)
        from chereme.landmarks.hands import as_sequence

        spelled = speller.spell(as_sequence([hand], image))
        return Letter(
            letter=spelled.letter,
            confidence=spelled.probability,
            handedness=_side(hand),
            ranked=[RankedLetter(letter=r.gloss, probability=r.probability) for r in spelled.ranked[: upload.top]],
        )

    def _hand_pose(self, upload: PictureUpload) -> HandPose:
        hand, image = self._find(upload)
        return hand_pose(hand, image.shape[1] / image.shape[0])

    def _find(self, upload: PictureUpload) -> "tuple[SeenHand, Image]":
        """The surest hand of a picture, and the picture upright and not mirrored."""
        finder = self._finder()
        try:
            image, _ = decode_picture(upload.content, "upload", self.limits.max_pixels)
        except ClipError as error:
            raise refusal_of(error, "upload", upload.name) from error
        if self._hands.mirrored if upload.mirrored is None else upload.mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        hands = finder.find(image)
        if not hands:
            raise RefusedError("no_hand", f"{upload.name}: no hand seen in the picture")
        return hands[0], image

    def _finder(self) -> "HandFinder":
        """This thread's engine."""
        found: HandFinder | None = getattr(self._mine, "finder", None)
        if found is None:
            found = self._mine.finder = self._open_finder()
            self._opened.append(found)
        return found

    def _open_finder(self) -> "HandFinder":
        try:
            from chereme.landmarks.hands import HandFinder
        except ImportError as error:
            raise RefusedError("no_engine", f"MediaPipe cannot be loaded ({error})") from error
        # mirrored or not may change with each request, so pictures are flipped before the engine gets them
        return HandFinder(replace(self._hands, mirrored=False))

    @cached_property
    def _hands(self) -> "HandConfig":
        """How hands are looked for: as for the speller in training, but for what the settings say."""
        from chereme.landmarks.hands import HandConfig

        config = HandConfig()
        if isinstance(self._speller, Speller):
            config = self._speller.bundle.recipe.stage("hands", HandConfig)
        said = self.settings.model_fields_set
        given = {name: getattr(self.settings, mine) for mine, name in _ENGINE.items() if mine in said}
        return replace(config, **given)

    def close(self) -> None:
        """Let go of the engines, once no worker runs any more."""
        while self._opened:
            self._opened.pop().close()


def open_speller(name: str, scratch: Path) -> Speller:
    """The speller of a bundle, or of a portal checkpoint, which is converted first.

    Args:
        name: a bundle's folder, the name of one that ships, or a file that ends in `.pt` or `.pth`.
        scratch: folder for what is gone afterwards.

    Raises:
        BundleError: no such bundle or checkpoint, or one that is damaged.
        MissingExtraError: a checkpoint, and torch is not installed.
    """
    if Path(name).suffix.lower() not in {".pt", ".pth"}:
        return Speller.load(name)
    try:
        from chereme.export.portal import convert_checkpoint
    except ImportError as error:
        raise MissingExtraError("train", f"{name}: a checkpoint") from error
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        return Speller(convert_checkpoint(name, Path(folder) / Path(name).stem))


def hand_pose(hand: "SeenHand", aspect: float) -> HandPose:
    """A hand in fractions of its picture.

    Args:
        hand: its points in picture heights.
        aspect: width of the picture / height.
    """
    points = hand.points.astype(float) / (aspect, 1, aspect)
    (x_min, y_min), (x_max, y_max) = points[:, :2].min(0).tolist(), points[:, :2].max(0).tolist()
    return HandPose(
        landmarks=[Place(x=x, y=y, z=z) for x, y, z in points.tolist()],
        handedness=_side(hand),
        handedness_confidence=hand.side_confidence,
        bounding_box=BoundingBox(
            x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max, width=x_max - x_min, height=y_max - y_min
        ),
    )


def routes(spelling: Fingerspelling) -> APIRouter:
    """`/asl/recognitions` and `/asl/hand-pose`."""
    api = APIRouter(prefix="/asl")
    statuses = (400, 403, 408, 413, 422, 429, 500, 503)

    @api.post(
        "/recognitions",
        summary="Which letter does this hand show?",
        responses={200: _examples(_LETTERS), **errors(*statuses, says=ASL_SAYS)},
        openapi_extra=_form(top=_TOP),
    )
    async def recognitions(request: Request) -> Letter:
        return await spelling.letter(request)

    @api.post(
        "/hand-pose",
        summary="Where is the hand in this picture?",
        responses={200: _examples(_POSES), **errors(*statuses, says=ASL_SAYS)},
        openapi_extra=_form(),
    )
    async def hand_pose(request: Request) -> HandPose:
        return await spelling.hand_pose(request)

    return api


def _side(hand: "SeenHand") -> Literal["left", "right"]:
    return "left" if hand.side == "left" else "right"


def _check_engine() -> None:
    if not find_spec("mediapipe"):
        raise RefusedError("no_engine", "MediaPipe, which finds hands, is not installed")


_TOP = {
    "type": "integer",
    "default": 5,
    "minimum": 1,
    "maximum": 1000,
    "description": "Letters to list in `ranked`.",
}
_RANKED = [{"letter": "A", "probability": 0.95}, {"letter": "S", "probability": 0.03}]
_LETTERS = {  # "not sure" would stand here as well, did FastAPI not drop every null of an example
    "sure": {"letter": "A", "confidence": 0.95, "handedness": "right", "ranked": _RANKED},
}
_POSES = {
    "a hand": {
        "landmarks": [{"x": 0.4 + 0.01 * i, "y": 0.8 - 0.02 * i, "z": -0.002 * i} for i in range(21)],
        "handedness": "right",
        "handedness_confidence": 0.98,
        "bounding_box": {"x_min": 0.4, "y_min": 0.4, "x_max": 0.6, "y_max": 0.8, "width": 0.2, "height": 0.4},
    }
}


def _examples(answers: dict[str, Any]) -> dict[str, Any]:
    shown = {name: {"value": answer} for name, answer in answers.items()}
    return {"content": {"application/json": {"examples": shown}}}


def _form(**besides: dict[str, Any]) -> dict[str, Any]:
    """What a request holds, for the OpenAPI page: the form is read by ourselves, to count it while it arrives."""
    properties = {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "A picture of one hand: JPEG, PNG, WebP, BMP, TIFF or GIF. What it is, its content says.",
        },
        "mirrored": {
            "type": "boolean",
            "description": "The picture is mirrored, as selfie cameras store it; it is flipped back first, and places"
            " are those in the flipped picture. Where this is not sent, the speller's recipe decides: `[hands]"
            " mirrored`, false unless it says other.",
        },
        **besides,
    }
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
