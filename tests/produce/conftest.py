"""Dictionary signs of a made-up signer: hands hang, one or both rise to a place, are held there, and fall."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chereme.layout import BODY_HANDS_75, Layout
from chereme.lexicon import About, Lexicon, Sign
from chereme.lexicon.rows import new_entry
from chereme.types import PoseSequence
from made_up import made_up_signer

HANGING = {"left": (1.04, 0.86), "right": (0.74, 0.86)}
"""Wrists at rest, in frame heights: 1.7 shoulder widths below the shoulders."""


def dictionary_sign(
    at: tuple[float, float],
    *,
    hands: tuple[str, ...] = ("right",),
    fps: float = 25.0,
    hold: float = 1.0,
    scale: float = 1.0,
    layout: Layout = BODY_HANDS_75,
) -> PoseSequence:
    """0.4 s of rest, 0.3 s up, a hold, 0.3 s down, 0.4 s of rest.

    Args:
        at: where the right hand goes, in frame heights; the left one goes to the mirror image.
        hands: which of them rise.
        fps: frames per second.
        hold: seconds.
        scale: size of the signer in the picture.
        layout: landmarks of the result.
    """
    rest, rise, held = (round(seconds * fps) for seconds in (0.4, 0.3, hold))
    up = np.concatenate(
        [np.zeros(rest), np.linspace(0, 1, rise), np.ones(held), np.linspace(1, 0, rise), np.zeros(rest)]
    )
    signer = made_up_signer(len(up), np.random.default_rng(0), fps)
    points = signer.points.copy()
    for side, mirrored in (("right", False), ("left", True)):
        wrist = BODY_HANDS_75.index(f"pose/{side}_wrist")
        goal = (1.78 - at[0], at[1]) if mirrored else at
        share = up[:, None] if side in hands else 0 * up[:, None]
        track = np.array(HANGING[side]) * (1 - share) + np.array(goal) * share
        moved = track.astype(np.float32) - points[:, wrist, :2]
        points[:, wrist, :2] += moved
        points[:, BODY_HANDS_75.groups[f"{side}_hand"], :2] += moved[:, None]
    return signer.with_points(points * np.float32(scale)).with_missing(layout)


@pytest.fixture(name="sign", scope="session")
def _sign() -> Callable[..., PoseSequence]:
    return dictionary_sign


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """Makes a lexicon of (sign, clip) without asking an encoder; gives its file."""

    def make(*entries: tuple[Sign, PoseSequence], name: str = "signs.sqlite") -> Path:
        with Lexicon.open(tmp_path / name, create=True) as lexicon:
            for sign, clip in entries:
                lexicon.insert(new_entry(sign, clip, About()))
        return tmp_path / name

    return make
