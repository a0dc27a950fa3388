"""The word that a film of hands spells: held letters, doubled letters, letters that are drawn in the air.

Each frame gives its probabilities and is worth the more to a letter, the surer it is and the less the hand moves; a
letter stands where enough such frames follow one another. All settings are in seconds and palms, so neither the
frame rate nor the distance to the camera changes the word.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from chereme.errors import RecipeError
from chereme.layout import HAND_POINTS
from chereme.spell.decode import Held, held_letters, smooth, stretch_ids
from chereme.spell.motion import Stroke, best_apart, find_strokes
from chereme.spell.sides import spelling_hand
from chereme.spell.speller import Speller
from chereme.types import Bools, Floats, PoseSequence, Ranked

__all__ = ["Film", "FilmConfig", "FilmLetter", "spell_film"]

_SURE = 0.01  # a frame speaks against a letter as if it had at least this probability
_PALM = [HAND_POINTS.index(f"{finger}_mcp") for finger in ("index_finger", "middle_finger", "ring_finger", "pinky")]


@dataclass(frozen=True)
class FilmConfig:
    """When a film's frames make a letter."""

    smoothing: float = 0.15
    """Seconds over which probabilities are averaged."""
    hold: float = 0.25
    """Seconds for which a letter must be held when the model is quite sure of it; longer when it is not."""
    probability: float = 0.3
    """A frame speaks for a letter of more than this probability and against one of less."""
    speed: float = 1.0
    """Palms a second at which a frame counts half; the palm is from the wrist to the knuckles."""
    dropout: float = 0.3
    """Longest time in seconds for which the hand may be lost without its letter ending."""
    pause: float = 1.0
    """Seconds without a letter after which a new word begins."""
    resemblance: float = 0.88
    """How like its path a drawn letter must be, as a cosine."""
    turn: float = 0.35
    """Radians by which it may be turned either way."""
    shape: float = 0.4
    """Mean probability of its handshapes while it is drawn."""
    lead: float = 0.5
    """Seconds for which its handshape may be held before it is drawn without that being a letter of its own."""

    def __post_init__(self) -> None:
        for name in ("smoothing", "hold", "speed", "pause"):
            if not getattr(self, name) > 0:
                raise RecipeError(f"film.{name} must be above 0, got {getattr(self, name)}")
        for name in ("dropout", "turn", "lead"):
            if not getattr(self, name) >= 0:
                raise RecipeError(f"film.{name} must be at least 0, got {getattr(self, name)}")
        for name in ("probability", "resemblance", "shape"):
            if not 0 < getattr(self, name) < 1:
                raise RecipeError(f"film.{name} must be between 0 and 1, got {getattr(self, name)}")


@dataclass(frozen=True)
class FilmLetter:
    """One letter of a film."""

    letter: str
    start: float
    """Seconds from the film's first frame."""
    end: float
    probability: float
    """Mean over its frames; of a drawn letter, of its handshape times how like the line is."""
    drawn: bool
    """It was told by its line in the air."""
    ranked: tuple[Ranked, ...] = ()
    """What the letter may be, itself included, best first."""
    opens: bool = False
    """A new word begins with it: there was a pause before."""


@dataclass(frozen=True)
class Film:
    """What a film spells."""

    letters: tuple[FilmLetter, ...]
    handedness: str | None
    """Of the hand that spelled: `left` or `right`, the signer's own; None: no hand was seen."""

    @property
    def word(self) -> str:
        """The letters as they came, with a space at each pause."""
        return "".join(" " * letter.opens + letter.letter for letter in self.letters)

    @property
    def words(self) -> tuple[tuple[FilmLetter, ...], ...]:
        """The letters of each word."""
        words: list[list[FilmLetter]] = []
        for letter in self.letters:
            if letter.opens or not words:
                words.append([])
            words[-1].append(letter)
        return tuple(tuple(word) for word in words)

    def as_json(self, top: int = 0) -> dict[str, Any]:
        """The form that `spell --json` prints; with `top` best letters as `ranked` where that is not 0."""
        letters: list[dict[str, Any]] = []
        for found in self.letters:
            shown: dict[str, Any] = {
                "letter": found.letter,
                "start": round(found.start, 3),
                "end": round(found.end, 3),
                "probability": round(found.probability, 4),
                "drawn": found.drawn,
            }
            if top:
                shown["ranked"] = [{"letter": r.gloss, "probability": r.probability} for r in found.ranked[:top]]
            letters.append(shown)
        return {"word": self.word, "letters": letters, "handedness": self.handedness}


@dataclass(frozen=True, eq=False)
class _Seen:
    """A film's frames as the decoder reads them; probabilities are smoothed, and 0 where no hand is present."""

    points: Floats  # (T, 21, 3), short gaps filled
    sure: Bools  # (T,): seen, not filled
    present: Bools  # (T,): seen or filled
    shown: Floats  # (T, K): all labels, as the model says
    still: Floats  # (T, K): letters that move count as the handshape with which they are drawn
    calm: Floats  # (T,): 1 for a hand at rest, towards 0 the faster it moves
    palm: float
    fps: float


def spell_film(sequence: PoseSequence, speller: Speller, config: FilmConfig | None = None) -> Film:
    """The letters that a film spells, one after the other.

    Args:
        sequence: any layout with a hand; see `spelling_hand` for which of two spells.
        speller: gives the probabilities of single hands and knows which letters move.
        config: settings; None: the defaults.

    Raises:
        LayoutError: the layout has no hand.
    """
    config = config or FilmConfig()
    points, side = spelling_hand(sequence)
    seen = ~np.isnan(points).any((1, 2))
    if not seen.any():
        return Film((), None)
    film = _see(points, seen, sequence.fps, speller, config)
    strokes = _strokes(film, speller, config)
    cost = config.hold * math.log(1 / config.probability)
    found = held_letters(_gains(film, strokes, speller, config, cost), cost)
    letters: list[FilmLetter] = []
    for held in found:
        letter = _letter(held, film, strokes, speller)
        pause = bool(letters) and letter.start - letters[-1].end > config.pause
        letters.append(replace(letter, opens=pause))
    return Film(tuple(letters), side)


def _see(points: Floats, seen: Bools, fps: float, speller: Speller, config: FilmConfig) -> _Seen:
    probabilities = np.zeros((len(points), len(speller.bundle.labels)), np.float32)
    probabilities[seen] = speller.probabilities(points[seen])
    points, present = points.copy(), seen.copy()
    at = np.flatnonzero(seen)
    for before, after in pairwise(at):
        if 1 < after - before <= config.dropout * fps + 1:
            gap = slice(before, after + 1)
            for track in (points, probabilities):
                track[gap] = np.linspace(track[before], track[after], after - before + 1)
            present[gap] = True
    stretches = stretch_ids(present)
    shown = smooth(probabilities, stretches, fps, config.smoothing)
    # the longest of the palm's sides in each frame: whichever is least foreshortened
    sides = np.linalg.norm(points[seen][:, _PALM, :2] - points[seen][:, :1, :2], axis=-1).max(1)
    palm = float(max(np.percentile(sides, 75), 1e-6))
    middle = smooth(points[:, [0, *_PALM], :2].mean(1), stretches, fps, 0.1)
    speed = _speed(np.where(present[:, None], middle, np.nan), fps) / palm
    calm = 1 / (1 + (speed / config.speed) ** 6)
    return _Seen(points, seen, present, shown, _as_still(shown, speller), calm, palm, fps)


def _speed(places: Floats, fps: float) -> Floats:
    """(T,) of a track (T, 2): size of the box that it keeps to for a fifth of a second, per second; 0 where unseen.

    A bounce has no speed where it turns, but its box has a size.
    """
    reach = max(1, round(0.1 * fps))
    padded = np.pad(places, ((reach, reach), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)  # (T, 2, 2 * reach + 1)
    box = np.fmax.reduce(windows, -1) - np.fmin.reduce(windows, -1)
    return np.asarray(np.nan_to_num(np.hypot(box[:, 0], box[:, 1]) * fps / (2 * reach)), np.float32)


def _as_still(shown: Floats, speller: Speller) -> Floats:
    """What each frame shows when nothing is drawn: the hand of J is that of I."""
    still, labels = np.where(speller.still, shown, 0), speller.bundle.labels
    for letter, motion in speller.motions.items():
        shapes = [labels.index(shape) for shape in motion.shapes if shape in labels and shape not in speller.motions]
        if letter in labels and shapes:
            share = shown[:, shapes] + 1e-6
            still[:, shapes] += shown[:, [labels.index(letter)]] * share / share.sum(1, keepdims=True)
    return np.asarray(still, np.float32)


def _of_shape(film: _Seen, letter: str, speller: Speller) -> Floats:
    """(T,) probability that the hand has a shape with which the letter is drawn."""
    labels = speller.bundle.labels
    shapes = [labels.index(shape) for shape in {letter, *speller.motions[letter].shapes} if shape in labels]
    return np.asarray(film.shown[:, shapes].sum(1), np.float32)


def _strokes(film: _Seen, speller: Speller, config: FilmConfig) -> dict[str, list[Stroke]]:
    """Where each letter that moves is drawn; of letters drawn at one time, the one most alike."""
    points = np.where(film.present[:, None, None], film.points, np.nan)
    found = {
        letter: find_strokes(
            motion,
            points,
            _of_shape(film, letter, speller),
            film.fps,
            film.palm,
            enough=config.shape,
            alike=config.resemblance,
            turn=config.turn,
        )
        for letter, motion in speller.motions.items()
        if letter in speller.bundle.labels
    }
    kept = best_apart([stroke for strokes in found.values() for stroke in strokes])
    return {letter: [stroke for stroke in strokes if stroke in kept] for letter, strokes in found.items()}


def _gains(film: _Seen, strokes: dict[str, list[Stroke]], speller: Speller, config: FilmConfig, cost: float) -> Floats:
    """What each frame adds to each letter (T, K), for `held_letters`."""

    def gain(probability: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(probability, _SURE) / config.probability) / film.fps, np.float32)

    gains = gain(film.still * film.calm[:, None])
    gains[~film.sure] = np.minimum(gains[~film.sure], 0)
    gains[:, ~speller.still] = -np.inf
    gains[~film.present] = -np.inf
    for letter, drawn in strokes.items():
        label = speller.bundle.labels.index(letter)
        # its hand held before and after belongs to it; a little more than the same hand's own letter gets
        around = gain(_of_shape(film, letter, speller) * film.calm) + 1e-4
        lead = round(config.lead * film.fps)
        for stroke in drawn:
            part = slice(stroke.start, stroke.end + 1)
            lost = np.flatnonzero(around[stroke.end + 1 :] < 0)
            tail = stroke.end + 1 + (int(lost[lost > lead / 2][0]) if (lost > lead / 2).any() else len(film.sure))
            near = slice(max(0, stroke.start - lead), tail)
            gains[near, label] = np.where(film.present[near], around[near], -np.inf)
            gains[part] = -np.inf
            gains[part, label] = 2 * cost / (stroke.end + 1 - stroke.start)
    return gains


def _letter(held: Held, film: _Seen, strokes: dict[str, list[Stroke]], speller: Speller) -> FilmLetter:
    labels = speller.bundle.labels
    name, part = labels[held.label], slice(held.start, held.end + 1)
    stroke = next((s for s in strokes.get(name, ()) if held.start <= s.start <= held.end), None)
    frames = (film.shown if stroke else film.still)[part]
    mean = frames[film.sure[part]].mean(0) if film.sure[part].any() else frames.mean(0)
    probability = float(mean[held.label])
    if stroke:
        shape = _of_shape(film, name, speller)[stroke.start : stroke.end + 1].mean()
        probability = float(min(shape, 1)) * stroke.resemblance
    others = [Ranked(labels[i], float(mean[i])) for i in np.argsort(-mean, kind="stable") if i != held.label]
    ranked = sorted([Ranked(name, probability), *others], key=lambda r: -r.probability)
    return FilmLetter(
        name, held.start / film.fps, (held.end + 1) / film.fps, probability, stroke is not None, tuple(ranked)
    )
