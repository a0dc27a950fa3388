"""Settings of the service: environment variables that begin with CHEREME_, or a `.env` file where it is started."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chereme.errors import RecipeError
from chereme.recognize import DEFAULT_BUNDLE

__all__ = ["ServeSettings", "read_settings"]


class ServeSettings(BaseSettings):
    """What the service offers, and how much of anything it takes."""

    model_config = SettingsConfigDict(env_prefix="CHEREME_", env_file=".env", extra="ignore", frozen=True)

    bundle: str = DEFAULT_BUNDLE
    """Recognizer: a bundle's folder, or the name of one that ships."""
    decoder: str = "demo_words"
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
    hosts: str = ""
    """Names, comma-separated, by which browsers may call the service besides this machine's own; `*`: any.
    A page elsewhere on the web cannot reach in by pointing a name of its own at this machine."""
    temporary: Path | None = None
    """Folder for uploads while they are worked on; None: the system's."""

    @property
    def max_bytes(self) -> int:
        return round(self.max_upload_mb * 1_000_000)

    @property
    def max_pixels(self) -> int:
        return round(self.max_megapixels * 1_000_000)


def read_settings(**given: object) -> ServeSettings:
    """Settings from the environment and `.env`; what is given here and not None goes before them.

    Raises:
        RecipeError: a value is out of range or of the wrong kind; the text names its variable.
    """
    try:
        return ServeSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise RecipeError(
            f"CHEREME_{name}: {first['msg']}, got {first['input']!r}; correct it and start again"
        ) from error
