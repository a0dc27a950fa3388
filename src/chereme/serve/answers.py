"""The JSON of the API, described for its OpenAPI page and for clients made from it."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chereme.types import Doubt

__all__ = [
    "ASL_SAYS", "SAYS", "Answer", "BoundingBox", "HandPose", "Health", "Landmarks", "Letter", "Limits", "Model",
    "Place", "RankedLetter", "Recognition", "Refusal", "Sample", "errors",
]  # fmt: skip


class Answer(BaseModel):
    """What all answers have in common: nothing is in them that is not described."""

    model_config = ConfigDict(extra="forbid")


class Ranked(Answer):
    """One word and how probable it is."""

    gloss: str = Field(examples=["Newspaper"])
    probability: float = Field(ge=0, le=1, description="Calibrated; all words of the bundle together make 1.")
    language: str | None = Field(None, description="Of a lexicon's sign, where it was said; ISO 639-3.")
    variant: str | None = Field(None, description="Likewise.")
    sense: str | None = Field(None, description="Likewise.")


class Seconds(Answer):
    """Time that each step took."""

    decode: float | None = Field(None, description="Reading the video's frames; not given for pictures and `.pose`.")
    extract: float = Field(description="Finding body and hands, or reading them where they were sent.")
    recognize: float = Field(description="Ranking the words.")
    total: float = Field(description="From the first byte to the answer, with waiting and upload.")


class Landmarks(Answer):
    """What was found in the clip, frame by frame. Left and right are the signer's own."""

    layout: str = Field(examples=["body_hands_75"])
    names: list[str] = Field(examples=[["pose/nose", "left_hand/wrist"]])
    bones: list[tuple[int, int]] = Field(description="Pairs of landmarks to join with a line.")
    fps: float
    size: tuple[int, int] = Field(description="Width and height of the picture, in pixels.")
    mirrored: bool = Field(description="The picture was flipped before: draw x at width / height - x.")
    points: list[list[tuple[float, float] | None]] = Field(
        description="Frames of landmarks; x to the right and y down, in picture heights; null: not seen."
    )


class Recognition(Answer):
    """Which word a clip shows."""

    file: str = Field(description="Its name as sent; `landmarks` where those were sent.", examples=["newspaper.mp4"])
    predictions: list[Ranked] = Field(description="Best first.")
    unknown: bool = Field(description="What was shown is probably none of the bundle's.")
    unknown_because: Doubt | None = Field(
        None,
        description="If so: it is unlike all that the bundle learnt; no word stands out; no hand was seen at work.",
    )
    seconds: Seconds
    bundle: str = Field(examples=["isl43"])
    landmarks: Landmarks | None = Field(None, description="Only when asked for.")


class Model(Answer):
    """A trained model that this service answers with."""

    kind: Literal["recognizer", "speller", "encoder", "producer"] = Field(
        description="Names signs in clips; letters in pictures of a hand; finds signs of the lexicon; signs words."
    )
    name: str = Field(examples=["isl43"])
    default: bool = Field(description="The one of its kind, and of producers of its language, that is asked first.")
    language: str = Field(description="ISO 639-3 of the signed language.", examples=["ins"])
    labels: list[str] = Field(description="What it names or signs; of an encoder, what it learnt from.")
    layout: str = Field(description="Landmarks that it reads or makes.")
    bytes: int | None = Field(description="Of `/bundles/NAME/model.onnx`; null: browsers do not load it.")
    use: str = Field(description="`open`: any use with credit; `research`: research and demonstration only.")
    card: dict[str, Any] = Field(description="Title, summary, data, licence, use, limits.")
    scores: dict[str, Any] = Field(description="As its evaluation wrote them.")


class Sample(Answer):
    """A clip to try: a drawn figure, not a person."""

    gloss: str
    seconds: float
    href: str = Field(examples=["/api/v1/samples/Newspaper.mp4"])


class Limits(Answer):
    """How large a clip may be."""

    megabytes: float = Field(description="Of 1,000,000 bytes.")
    seconds: float
    megapixels: float


class Health(Answer):
    """The service runs; `ready` also says that it can recognize."""

    status: Literal["live", "ready"]
    version: str
    limits: Limits
    asl: Literal["ready", "no model", "no engine"] = Field(
        description="Whether letters can be recognized; without a model hands are found all the same."
    )


class RankedLetter(Answer):
    """One letter and how probable it is."""

    letter: str = Field(examples=["A"])
    probability: float = Field(ge=0, le=1, allow_inf_nan=False)


class Letter(Answer):
    """Which letter a hand shows."""

    letter: str | None = Field(description="null: a hand, but none of the letters stands out.", examples=["A"])
    confidence: float | None = Field(
        ge=0, le=1, allow_inf_nan=False, description="Of the best letter, named or not.", examples=[0.95]
    )
    handedness: Literal["left", "right"] | None = Field(
        description="Whose hand it is, the signer's own.", examples=["right"]
    )
    ranked: list[RankedLetter] = Field(description="Best first, as many as asked for.")


class Place(Answer):
    """A point of the hand, in fractions of the picture; outside 0 to 1 where the hand leaves it."""

    x: float = Field(allow_inf_nan=False, description="To the right, of the width.")
    y: float = Field(allow_inf_nan=False, description="Down, of the height.")
    z: float = Field(allow_inf_nan=False, description="Away from the camera, from the wrist, of the width.")


class BoundingBox(Answer):
    """The upright rectangle round all points, in fractions of the picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float
    width: float
    height: float


class HandPose(Answer):
    """Where a hand is, upright by the picture's EXIF orientation."""

    landmarks: list[Place] = Field(
        min_length=21, max_length=21, description="Wrist, then thumb to little finger, each from its base to its tip."
    )
    handedness: Literal["left", "right"] = Field(description="Whose hand it is, the signer's own.")
    handedness_confidence: float = Field(ge=0, le=1)
    bounding_box: BoundingBox


class Refusal(Answer):
    """What went wrong, in which clip, and what to do next."""

    code: str = Field(examples=["no_hand"])
    detail: str


SAYS = {
    400: ("damaged", "not a video, or one cut short; or not the form or JSON that is asked for"),
    401: ("token", "no token, or not the one of the service"),
    403: ("elsewhere", "the request comes from a page of another site"),
    404: ("no_sample", "no such sample"),
    408: ("slow_upload", "the upload did not arrive in time"),
    409: ("cancelled", "cancelled by its name, `DELETE /api/v1/work/NAME`"),
    413: ("too_large", "more bytes, pixels or seconds than are taken"),
    415: ("unknown_type", "neither video, picture nor .pose"),
    422: ("no_hand", "nobody, no hand, or not the landmarks that the model reads"),
    429: ("busy", "as many requests wait as may"),
    500: ("internal", "a fault of ours"),
    503: ("no_bundle", "no recognizer could be opened"),
}
"""What statuses mean where a clip is asked about: a code, and a line."""

ASL_SAYS = SAYS | {
    400: ("damaged", "empty, not a picture, or one cut short"),
    413: ("too_large", "more bytes or pixels than are taken"),
    422: ("no_hand", "no hand in the picture, or no picture in the form"),
    503: ("no_speller", "no speller could be opened, or MediaPipe is missing"),
}
"""What statuses mean where a picture of a hand is asked for."""


def errors(*statuses: int, says: Mapping[int, tuple[str, str]] = SAYS) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may answer so."""
    return {
        status: {
            "model": Refusal,
            "description": says[status][1][0].upper() + says[status][1][1:],
            "content": {"application/json": {"example": {"code": says[status][0], "detail": says[status][1]}}},
        }
        for status in statuses
    }
