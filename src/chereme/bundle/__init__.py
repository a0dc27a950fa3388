"""A bundle: a folder with all that recognizing needs, so that every user of a model preprocesses alike.

Reading one needs neither torch nor ONNX; `chereme.bundle.write` makes one after training.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chereme.bundle.familiar import FAMILIAR, Familiar
from chereme.errors import BundleError, LayoutError
from chereme.layout import Layout, layout_named
from chereme.places import BUNDLES
from chereme.recipe import Recipe
from chereme.types import Floats

__all__ = ["FORMAT", "Bundle", "Calibration", "Card", "Familiar", "digest", "find_bundle", "kind_of", "list_bundles"]

FORMAT = 1
INDEX = "bundle.json"
FILES = ("model.onnx", "model.safetensors", "recipe.toml", "scores.json", "card.md")
"""What every recognizer's bundle holds beside it."""
ENCODER = "encoder.onnx"
"""Beside a model of image features: what makes them of pictures."""


@dataclass(frozen=True)
class Card:
    """What a bundle is for, in words that a user needs before trusting it."""

    title: str
    summary: str
    data: tuple[str, ...]
    """Data sets that the weights were trained on."""
    licence: str
    """Of the data, as far as it is known."""
    use: str
    """`open`: any use with credit; `research`: research and demonstration only."""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities, and when to decline."""

    temperature: float = 1.0
    """Logits are divided by it; fitted on validation clips."""
    unknown_below: float = 0.0
    """A best probability below this is reported as unknown; chosen on validation clips."""
    fitted_on: str = "not calibrated"
    similarity_temperature: float = 0.05
    """Of an encoder: similarities to the signs of a lexicon are divided by it to become scores."""
    unknown_similarity: float = 0.0
    """Of an encoder: when no sign of a lexicon is as similar as this, the clip is reported as unknown."""
    unknown_beyond: float = 0.0
    """A clip farther than this from every word, see `Familiar`, is reported as unknown; chosen on validation clips.
    0: distances are not known."""

    def probabilities(self, logits: Floats) -> Floats:
        """Scores (..., K), as a model gives them, to probabilities of the same shape and precision."""
        odds = logits / logits.dtype.type(self.temperature)
        odds -= np.maximum.reduce(odds, -1, keepdims=True)
        np.exp(odds, odds)
        odds /= np.add.reduce(odds, -1, keepdims=True)
        return odds


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and found whole."""

    folder: Path
    name: str
    labels: tuple[str, ...]
    """Glosses in class order."""
    language: str
    """ISO 639-3 of the signed language."""
    layout: Layout
    """Landmarks that the model reads."""
    recipe: Recipe
    calibration: Calibration
    card: Card
    scores: Mapping[str, Any] = field(default_factory=dict)
    trained_on: frozenset[str] = frozenset()
    """SHA-1 of the ids of the training clips, so that an evaluation can tell when it looks at them again."""
    kind: str = "recognizer"
    """`recognizer` of signs in clips, or `speller` of handshapes in single frames."""

    @property
    def onnx_path(self) -> Path:
        """The model for ONNX Runtime: `features` (B, T, F) and `mask` (B, T) in, `logits` (B, K) out.

        One that makes embeddings gives `embedding` (B, E) as well, each of length 1. A speller's reads `features`
        (B, F) alone.
        """
        return self.folder / "model.onnx"

    @property
    def space(self) -> str:
        """Name of the bundle and sixteen letters of what makes its embeddings: only those of one space compare."""
        made_by = digest(self.onnx_path) + digest(self.folder / "recipe.toml")
        return f"{self.name}-{hashlib.sha256(made_by.encode()).hexdigest()[:16]}"

    @property
    def weights_path(self) -> Path:
        """The same weights for torch, as safetensors."""
        return self.folder / "model.safetensors"

    @property
    def encoder(self) -> str:
        """Path of the image encoder whose features the model reads; empty: it reads landmarks, or none was given."""
        path = self.folder / ENCODER
        return str(path) if path.is_file() else ""

    @property
    def temperature(self) -> float:
        return self.calibration.temperature

    @property
    def unknown_below(self) -> float:
        return self.calibration.unknown_below

    def familiar(self) -> Familiar | None:
        """Where its words lie, for bundles that say from how far a clip is no word of theirs.

        Raises:
            BundleError: the file is damaged.
        """
        path = self.folder / FAMILIAR
        return Familiar.read(path) if self.calibration.unknown_beyond and path.is_file() else None

    @classmethod
    def load(cls, folder: str | Path, kind: str = "recognizer") -> "Bundle":
        """Read a bundle and check that every file is there and is the one that was written.

        Args:
            folder: of the bundle.
            kind: that it must be of: `recognizer` or `speller`.

        Raises:
            BundleError: no bundle, of another kind, a file missing, foreign or changed, or made by a newer chereme.
        """
        folder = Path(folder)
        try:
            return cls._read(folder, kind)
        except (AttributeError, KeyError, LayoutError, TypeError, msgspec.ValidationError) as error:
            raise BundleError(f"{folder}: {INDEX} does not describe a bundle: {error}") from error

    @classmethod
    def _read(cls, folder: Path, kind: str) -> "Bundle":
        index = _read_json(folder, INDEX)
        if index.get("kind") != kind:
            raise BundleError(f"{folder}: holds a {index.get('kind', 'thing without a kind')}, not a {kind}")
        if index.get("format", 0) > FORMAT:
            raise BundleError(f"{folder}: written by a newer chereme (format {index['format']}); update chereme")
        for name, written in {**dict.fromkeys(FILES), **index["files"]}.items():
            path = folder / name
            if not path.is_file():
                raise BundleError(f"{folder}: {name} is missing; copy the whole folder again")
            if digest(path) != written:
                raise BundleError(f"{folder}: {name} is not the file that was written with this bundle")
        return cls(
            folder,
            index["name"],
            tuple(index["labels"]),
            index["language"],
            layout_named(index["layout"]),
            Recipe.from_file(folder / "recipe.toml"),
            msgspec.convert(index["calibration"], Calibration),
            msgspec.convert(index["card"], Card),
            _read_json(folder, "scores.json"),
            frozenset(index["trained_on"]),
            kind,
        )


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(
            f"{folder}: no {name} in it, so it is no bundle; see `chereme doctor` for those there are"
        ) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder}: {name} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise BundleError(f"{folder}: {name} is not a JSON object")
    return value


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def clip_digest(clip_id: str) -> str:
    """What `Bundle.trained_on` keeps of a clip's id."""
    return hashlib.sha1(clip_id.encode(), usedforsecurity=False).hexdigest()[:12]


def find_bundle(name: str | Path) -> Path:
    """The folder of a bundle: a path, or the name of one that ships with chereme.

    Raises:
        BundleError: neither; the names that ship are listed. Of a checkpoint of the alphabet portal it says how it
            becomes a bundle.
    """
    if (Path(name) / INDEX).is_file():
        return Path(name)
    if (BUNDLES / name / INDEX).is_file():
        return BUNDLES / name
    if Path(name).suffix.lower() in {".pt", ".pth"}:
        raise BundleError(f"{name}: a checkpoint is no bundle; convert it with `chereme export {name} -o FOLDER` first")
    known = ", ".join(sorted(p.parent.name for p in BUNDLES.glob(f"*/{INDEX}")))
    raise BundleError(f"{name}: neither a bundle's folder nor one of those that ship with chereme ({known or 'none'})")


def list_bundles(kind: str = "recognizer") -> list[Path]:
    """Folders of the bundles of a kind that ship with chereme."""
    return sorted(
        p.parent for p in BUNDLES.glob(f"*/{INDEX}") if json.loads(p.read_text(encoding="utf-8")).get("kind") == kind
    )


def kind_of(folder: str | Path) -> str:
    """What a bundle's folder holds: `recognizer`, `speller`, `decoder` or `producer`.

    Raises:
        BundleError: no bundle.
    """
    return str(_read_json(Path(folder), INDEX).get("kind", ""))


def index_of(
    name: str,
    labels: tuple[str, ...],
    language: str,
    layout: Layout,
    calibration: Calibration,
    card: Card,
    trained_on: list[str],
    files: Mapping[str, str],
    kind: str = "recognizer",
) -> dict[str, Any]:
    """The content of bundle.json."""
    return {
        "format": FORMAT,
        "kind": kind,
        "name": name,
        "language": language,
        "layout": layout.name,
        "labels": list(labels),
        "calibration": asdict(calibration),
        "card": asdict(card),
        "files": dict(files),
        "trained_on": trained_on,
    }
