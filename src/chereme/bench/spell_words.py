"""`spell-words`: character errors of words spelled on film, joined from single letters.

No set here holds whole fingerspelled words, so words are joined from two sets of letters. One is
`fingerspell_transitions_asl`: hand-made animations of each letter and of the way from each to each. The other is the
ASL letters of `fingerspelling_poses`: one clip each, joined on straight lines. Both lack what a real speller does
between letters, and both may have been trained on: the bundle's card says so, and so does the result.
"""

import csv
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
from rapidfuzz.distance import Levenshtein

from chereme.bench import BenchResult
from chereme.features.hand import right_hands
from chereme.layout import HAND_21
from chereme.places import data_folder
from chereme.poses import pose_from_bytes
from chereme.spell import DEFAULT_SPELLER, Speller
from chereme.spell.film import spell_film
from chereme.types import Floats, PoseSequence

ANIMATIONS = "fingerspell_transitions_asl"
CLIPS = "fingerspelling_poses"
WORDS = (
    "about address after again all apple apply arm ask away baby back bad bag ball bank bath beach bed begin better big"
    " bike bird black blue boat body book bottle box boy bread bring brother bus buy cake call camera car cat chair"
    " cheese child city class clean clock close coat coffee cold come cook cough country cousin cow cup dance day"
    " dentist dinner doctor dog door down dress drink drive early east eat egg evening excuse eye family farm fast"
    " father finger fish floor flower food foot friend fruit full game garden gift girl give glass go good grass green"
    " grow hair hand happy have head hello help hill home horse hospital hot hour house hungry ice inside jacket jam"
    " jazz jelly job juice jump just keep key kind kitchen know lake lamp language late laugh learn left letter light"
    " listen live long look love lunch man market meet milk minute moon morning mother mouth move music name near new"
    " night noise north number office often onion open orange paper park pencil people pepper picture pizza play"
    " please pretty puzzle quick quiet quiz rabbit rain read red rice river road room run sad school sea see seven"
    " shop sick sister sleep slow small snow some soup spell spoon spring stop street sugar summer sun sweet swim"
    " table talk teacher tell thanks tooth tree uncle until use very visit wait wall want warm water week weather west"
    " what window winter word work year yellow yes young zebra zero zoo"
).split()
SHAPES = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "S1f720 S14720 S16d20 S10120 S14a20 S1ce20 S1f000 S11502 S19220 S19220+S2a20c S14020 S1dc20 S18d20 S11920"
        " S17620 S14051 S1f051 S11a20 S20320 S1fb20 S11520 S10e20 S18620 S10620 S19a20 S10020+S2450a".split(),
        strict=True,
    )
)
REST = "S00000"
DRAWN = "jz"
FASTER = 1.5
DEPTH = 750.0
"""What the clips' z is multiplied with so that bones keep their lengths; see the set's README."""


def measure(data: str | Path | None = None) -> BenchResult:
    """Character error rate with the bundled ASL letters, on the animations; that of the clips stands beside."""
    return measure_with(Speller.load(DEFAULT_SPELLER), data_folder(data))


def measure_with(speller: Speller, folder: Path) -> BenchResult:
    """The same for any speller of the letters A to Z."""
    films = {ANIMATIONS: animations(folder), CLIPS: real_clips(folder)}
    rates: dict[str, dict[str, float]] = {}
    for name, film in films.items():
        ours, peers, doubled, moving, faster = [], [], [], [], []
        for word in WORDS:
            sequence = film(word)
            spelled = spell_film(sequence, speller).word.replace(" ", "").lower()
            ours.append((Levenshtein.distance(spelled, word), len(word)))
            peers.append((Levenshtein.distance(runs(sequence, speller).lower(), word), len(word)))
            hurried = spell_film(replace(sequence, fps=FASTER * sequence.fps), speller).word.replace(" ", "").lower()
            faster.append((Levenshtein.distance(hurried, word), len(word)))
            if any(a == b for a, b in pairwise(word)):
                doubled.append(spelled == word)
            if set(word) & set(DRAWN):
                moving.append(spelled == word)
        rates[name] = {
            "character_error_rate": _rate(ours),
            "peer_character_error_rate": _rate(peers),
            f"character_error_rate_{FASTER:g}_times_as_fast": _rate(faster),
            "words_right": fmean(wrong == 0 for wrong, _ in ours),
            "words_right_with_a_doubled_letter": fmean(doubled),
            "words_right_with_j_or_z": fmean(moving),
        }
    behind = " ".join(speller.bundle.card.data)
    value, peer = rates[ANIMATIONS]["character_error_rate"], rates[ANIMATIONS]["peer_character_error_rate"]
    return BenchResult(
        "spell-words",
        value,
        "character error rate",
        "the letter of each run of at least 3 frames with the same answer",
        peer,
        value / peer if peer else float("inf"),
        sum(map(len, WORDS)),
        {
            "words": len(WORDS),
            "films": "joined from hand-made animations of letters; no recording of whole words is among the data",
            "trained_on_these": [name for name in films if name in behind],
            "sets": rates,
        },
    )


def _rate(errors: list[tuple[int, int]]) -> float:
    return sum(wrong for wrong, _ in errors) / sum(length for _, length in errors)


def runs(sequence: PoseSequence, speller: Speller) -> str:
    """The peer: the letter of each run of at least 3 frames with the same best answer."""
    points, _ = right_hands(sequence)
    best = speller.probabilities(points).argmax(1)
    return "".join(speller.bundle.labels[label] for label, run in groupby(best) if len(list(run)) >= 3)


class _Film:
    """A word, put together from letters and what lies between them."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.parts: list[Floats] = []
        self.shift = np.zeros(3, np.float32)

    def add(self, points: Floats) -> None:
        self.parts.append(points + self.shift)

    def slide(self) -> None:
        """Move what is held sideways by 0.6 palms in a quarter of a second, as a doubled letter is shown."""
        held = self.parts[-1][-1]
        by = np.array([0.6 * np.linalg.norm(held[9] - held[0]), 0, 0], np.float32)
        share = (1 - np.cos(np.linspace(0, np.pi, round(self.fps / 4)))) / 2
        self.parts.append(held + share[:, None, None].astype(np.float32) * by)
        self.shift = self.shift + by

    def sequence(self) -> PoseSequence:
        points = np.concatenate(self.parts)
        return PoseSequence(points, HAND_21, self.fps, (500, 500))


def animations(folder: Path) -> Callable[[str], PoseSequence]:
    """A film of a word from the animations: from rest, each letter held for 0.4 s, each way between 0.4 s."""
    files = read_archive(folder / ANIMATIONS / "poses.tar.xz")

    @cache
    def clip(*shapes: str) -> Floats:
        name = "-".join(shapes)
        return pose_from_bytes(files[f"poses/{name}.pose"], name).group("right_hand")

    moving = {REST, *(SHAPES[letter] for letter in DRAWN)}

    def film(word: str) -> PoseSequence:
        joined = _Film(60.0)
        shapes = [REST, *(SHAPES[letter] for letter in word), REST]
        for before, after in pairwise(shapes):
            if before == after and after not in moving:
                joined.slide()
            else:
                joined.add(clip(before, after))
            if after not in moving:  # the way to J or Z ends with its drawing
                joined.add(clip(after))
        return joined.sequence()

    return film


def real_clips(folder: Path) -> Callable[[str], PoseSequence]:
    """A film of a word from the clips: the middle half of each, on a straight line of 0.2 s to the next."""
    files = read_archive(folder / CLIPS / "pose_files_bzs_ase_sgg_gsg.tar.xz")
    rows = csv.DictReader(files["index.csv"].decode().splitlines())
    paths = {row["words"].lower(): row["path"] for row in rows if row["signed_language"] == "ase"}

    @cache
    def clip(letter: str) -> Floats:
        points = pose_from_bytes(files[paths[letter]], letter).group("right_hand").copy()
        points[..., 2] *= DEPTH
        share = (0.1, 0.85) if letter in DRAWN else (0.25, 0.75)
        return points[slice(*(round(s * len(points)) for s in share))]

    def film(word: str) -> PoseSequence:
        joined = _Film(25.0)
        for i, letter in enumerate(word):
            if i and letter == word[i - 1] and letter not in DRAWN:
                joined.slide()
            elif i:
                joined.parts.append(np.linspace(joined.parts[-1][-1], clip(letter)[0] + joined.shift, 5))
            joined.add(clip(letter))
        return joined.sequence()

    return film


def read_archive(path: Path) -> dict[str, bytes]:
    """The files of an archive by name, without the `./` that some archives put before it."""
    with tarfile.open(path) as archive:
        files = ((member.name.removeprefix("./"), archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in files if file}
