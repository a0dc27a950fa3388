"""Settings of the service: environment variables that begin with CHEREME_, or a `.env` file where it is started.

Those of fingerspelling have the names that the alphabet portal gave them, so that its `.env` serves as it is.
"""

import json
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chereme.errors import RecipeError
from chereme.places import user_folder
from chereme.recognize import DEFAULT_BUNDLE
from chereme.spell import DEFAULT_SPELLER

__all__ = ["AslSettings", "ServeSettings", "read_asl_settings", "read_settings"]

S = TypeVar("S", bound=BaseSettings)

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s/?#@,*]+")
_USUAL_PORTS = {"http": ":80", "https": ":443"}


class ServeSettings(BaseSettings):
    """What the service offers, and how much of anything it takes."""

    model_config = SettingsConfigDict(
        env_prefix="CHEREME_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    bundle: str = DEFAULT_BUNDLE
    """Recognizer: a bundle's folder, or the name of one that ships."""
    decoder: str = "isl43_producer"
    """Bundle that the sample clips are made with; where there is none, no samples are offered."""
    host: str = "127.0.0.1"
    """Address to listen on; 127.0.0.1 is this machine only."""
    port: int = Field(8765, ge=0, le=65535)
    """0 takes any free one."""
    max_upload_mb: float = Field(64, gt=0)
    """Largest upload, in megabytes of 1,000,000 bytes."""
    max_seconds: float = Field(30, gt=0)
    """Longest clip; one word takes two or three."""
    max_megapixels: float = Field(25, gt=0)
    """Largest picture or frame, in millions of pixels."""
    upload_seconds: float = Field(120, gt=0)
    """An upload that has not arrived by then is dropped."""
    workers: int = Field(2, ge=1)
    """Clips that are worked on at the same time."""
    waiting: int = Field(8, ge=0)
    """Requests that may wait for a worker; further ones are told to come back."""
    streams: int = Field(8, ge=0)
    """Streams of landmarks that may be open at the same time."""
    stream_idle: float = Field(60, gt=0)
    """Seconds without a frame after which a stream is closed."""
    hosts: str = ""
    """Names, comma-separated, by which browsers may call the service besides this machine's own; `*`: any.
    A page elsewhere on the web cannot reach in by pointing a name of its own at this machine."""
    lexicon: str = Field("", validation_alias="CHEREME_SERVE_LEXICON")
    """Lexicon that signs are added to: a file, or the URL of a database; empty: the user's own file. It is made when
    the first sign comes."""
    token: SecretStr = SecretStr("")
    """Who adds or removes signs must send it; empty: that can be done from this machine alone."""
    max_signs: int = Field(60, ge=1)
    """Longest phrase that is signed, in signs."""
    max_signing_seconds: float = Field(120, gt=0)
    """Longest signing that is made; 60 signs at their own speed take less than half of it."""
    temporary: Path | None = None
    """Folder for uploads, and films that are made, while they are worked on; None: the system's."""

    @property
    def lexicon_place(self) -> str:
        """File or URL of the lexicon."""
        return self.lexicon or str(user_folder() / "lexicon.sqlite")

    @property
    def max_bytes(self) -> int:
        return round(self.max_upload_mb * 1_000_000)

    @property
    def max_pixels(self) -> int:
        return round(self.max_megapixels * 1_000_000)


class AslSettings(BaseSettings):
    """What the routes under `/api/v1/asl` work with."""

    model_config = SettingsConfigDict(
        env_prefix="ASL_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    classifier_path: str = DEFAULT_SPELLER
    """Speller: a bundle's folder, the name of one that ships, or a portal checkpoint (`.pt`, `.pth`; needs torch)."""
    min_detection_confidence: float = Field(0.1, ge=0, le=1, allow_inf_nan=False)
    """Below this the engine sees no hand."""
    min_tracking_confidence: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    """Of video; a picture is looked at by itself, so it changes nothing there."""
    max_num_hands: int = Field(1, ge=1)
    """Hands that are looked for; the surest is read."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field((), validation_alias="BACKEND_CORS_ORIGINS")
    """Web pages that may use the service besides its own: origins such as `https://desk.example`."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> tuple[str, ...]:
        """From a list as JSON, or one with commas."""
        if isinstance(value, str):
            value = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        return tuple(_origin(str(entry)) for entry in value if str(entry).strip())


def _origin(text: str) -> str:
    """An origin as browsers send it."""
    origin = text.strip().lower().rstrip("/")
    found = _ORIGIN.fullmatch(origin)
    if not found:
        raise ValueError(f"{text.strip()!r} is no origin such as https://desk.example")
    return origin.removesuffix(_USUAL_PORTS.get(found[1], ""))


def read_settings(**given: object) -> ServeSettings:
    """Settings from the environment and `.env`; what is given here and not None goes before them.

    Raises:
        RecipeError: a value is out of range or of the wrong kind; the text names its variable.
    """
    return _read(ServeSettings, **given)


def read_asl_settings(**given: object) -> AslSettings:
    """The same for fingerspelling."""
    return _read(AslSettings, **given)


def _read(kind: type[S], **given: object) -> S:
    try:
        return kind(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        if not name.isupper():  # a variable's whole name is there already where the field has another
            name = f"{kind.model_config['env_prefix']}{name}".upper()
        raise RecipeError(f"{name}: {first['msg']}, got {first['input']!r}; correct it and start again") from error
    except UnicodeDecodeError as error:
        raise RecipeError(".env: not UTF-8 text; save it as such and start again") from error
