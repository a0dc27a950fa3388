"""Glosses or text to signing with a trained producer, through ONNX Runtime."""

import difflib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chereme.bundle import INDEX, digest, find_bundle, list_bundles
from chereme.errors import BundleError, CheremeError, MissingExtraError
from chereme.features.body_frame import PoseConfig, from_values
from chereme.recognize import onnx_session
from chereme.types import Floats, PoseSequence

__all__ = ["Generator", "checked_index"]

_SEEN = 0.25
"""A hand that fewer of the training clips show at a moment than this is left out: nobody knows its shape."""


@dataclass(frozen=True, eq=False)
class Generator:
    """A producer that was trained on glosses or sentences: what is asked for in words comes out as signing."""

    folder: Path
    about: dict[str, Any]
    """`bundle.json`."""
    pose: PoseConfig

    @classmethod
    def load(cls, folder: str | Path) -> "Generator":
        """Open a producer's bundle: a folder, or the name of one that ships with chereme.

        Raises:
            BundleError: not there, of another kind, or one of its files is missing or not the one it was written with.
        """
        path = find_bundle(folder)
        about = checked_index(path, "producer", {"words", "text", "pose", "glosses", "card"})
        try:
            return cls(path, about, msgspec.convert(about["pose"], PoseConfig))
        except msgspec.ValidationError as error:
            raise BundleError(f"{path}: {INDEX} does not describe a producer: {error}") from error

    @property
    def glosses(self) -> tuple[str, ...]:
        """What it was taught; empty where that is more than can be listed."""
        return tuple(self.about["glosses"])

    @property
    def demo(self) -> tuple[str, ...]:
        return tuple(self.about.get("demo", ()))

    def knows(self, text: str) -> bool:
        """Whether it was taught every word of a text; a pretrained reader has read more than it was taught here."""
        return self._pretrained or set(self._split(text)) <= set(self.about["words"])

    def produce(self, gloss: str, fps: float = 25.0, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
        """A gloss, a gloss sentence or a text, as it would be signed; how long it takes is predicted.

        Hands that the training clips mostly did not show at a moment are NaN there.

        Args:
            gloss: words with spaces between them, all of the vocabulary.
            fps: frames per second of the result.
            size: (width, height) of the picture to place the signer in.

        Returns:
            A sequence in the producer's layout, in frame heights.

        Raises:
            CheremeError: a word is none that it was taught, or there is none.
        """
        tokens = np.array([self._tokens(gloss)], np.int64)
        mean = np.zeros((1, 1, self.pose.size), np.float32)
        seconds, *_ = self._run(tokens, np.zeros((1, 1), np.float32), mean)
        frames = int(np.clip(round(float(seconds[0]) * self.pose.fps), 2, self.pose.max_frames))
        times = np.linspace(0, 1, frames, dtype=np.float32)[None]
        values, seen = self._all_frames(tokens, times)
        values = values.reshape(frames, -1, self.pose.dims)
        for side, share in zip(("left", "right"), seen.T, strict=True):
            values[share < _SEEN, self.pose.layout.groups[f"{side}_hand"]] = np.nan
        sequence = from_values(values.reshape(frames, -1), self.pose, size)
        return sequence if abs(fps - self.pose.fps) < 1e-6 else _at_rate(sequence, fps)

    @property
    def _pretrained(self) -> bool:
        return "tokenizer.json" in self.about["files"]

    def _split(self, text: str) -> list[str]:
        return (text.casefold() if self.about["text"]["lower"] else text).split()

    def _tokens(self, text: str) -> list[int]:
        words = self._split(text)
        if not words:
            raise CheremeError("nothing to sign: the text has no words")
        pieces: list[int] = self._tokenizer.encode(text).ids if self._pretrained else []
        if (count := len(pieces or words)) > (most := self.about["text"]["max_length"]):
            what = "pieces of words" if pieces else "words"
            raise CheremeError(f"{count} {what}, and this producer reads {most} at once; ask for less at a time")
        if pieces:
            return pieces
        known: list[str] = self.about["words"]
        for word in words:
            if word not in known:
                near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(known[:8])} ..."
                raise CheremeError(f"{word!r}: this producer was never taught it; {hint}")
        return [known.index(word) + 2 for word in words]

    def _all_frames(self, tokens: Any, times: Floats) -> tuple[Floats, Floats]:
        """(T, P) and (T, 2); frame after frame where each is made from those before it."""
        frames = times.shape[1]
        before = np.zeros((1, 1, self.pose.size), np.float32) + np.asarray(self.about["begin"], np.float32)
        if "before" not in {one.name for one in self._session.get_inputs()}:
            _, poses, seen = self._run(tokens, times, before)
            return poses[0], seen[0]
        shown = []
        for count in range(1, frames + 1):
            _, poses, seen = self._run(tokens, times[:, :count], before)
            before = np.concatenate([before, poses[:, -1:]], 1)
            shown.append(seen[0, -1])
        return before[0, 1:], np.stack(shown)

    def _run(self, tokens: Any, times: Floats, before: Floats) -> tuple[Floats, Floats, Floats]:
        given = {"tokens": tokens, "times": times, "before": before}
        asked = {one.name: given[one.name] for one in self._session.get_inputs()}
        seconds, poses, seen = self._session.run(["seconds", "poses", "seen"], asked)
        return seconds, poses, seen

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise MissingExtraError("text", "a pretrained reader") from error
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        return onnx_session(self.folder / "producer.onnx")


def checked_index(path: Path, kind: str, needed: set[str]) -> dict[str, Any]:
    """A bundle's `bundle.json`, with all files that it names found whole.

    Raises:
        BundleError: it cannot be read, is of another kind, or a file is missing or not the one it was written with.
    """
    try:
        about = json.loads((path / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path / INDEX}: cannot be read: {error}") from error
    if not isinstance(about, dict) or about.get("kind") != kind:
        ship = ", ".join(sorted(one.name for what in ("decoder", "producer") for one in list_bundles(what)))
        raise BundleError(f"{path}: holds no {kind}, so it cannot produce signs; those that ship and can: {ship}")
    for name, written in about.get("files", {}).items():
        file = path / name
        if not file.is_file():
            raise BundleError(f"{path}: {name} is missing; copy the whole folder again")
        if digest(file) != written:
            raise BundleError(f"{path}: {name} is not the file that was written with this bundle")
    if missing := needed - set(about):
        raise BundleError(f"{path}: {INDEX} does not describe a {kind}: no {min(missing)}")
    return about


def _at_rate(sequence: PoseSequence, fps: float) -> PoseSequence:
    """Straight lines between frames; unseen where one of the two is."""
    frames = max(2, round(len(sequence) * fps / sequence.fps))
    at = np.linspace(0, len(sequence) - 1, frames)
    before = np.floor(at).astype(np.int64)
    after = np.minimum(before + 1, len(sequence) - 1)
    share = (at - before).astype(np.float32)[:, None, None]
    return sequence.with_points(sequence.points[before] * (1 - share) + sequence.points[after] * share, fps=fps)
