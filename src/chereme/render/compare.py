"""Several signs beside each other at the same moments of time."""

from collections.abc import Iterator, Sequence

import numpy as np

from chereme.errors import ClipError
from chereme.render.board import Board
from chereme.render.shapes import Picture
from chereme.render.styles import draw_pose
from chereme.types import PoseSequence

__all__ = ["beside", "same_time"]


def same_time(sequences: Sequence[PoseSequence], frames: int | None = None) -> tuple[list[list[int]], float]:
    """Which frame of each sequence shows at each moment: all run from their start; one that has ended holds its last.

    Args:
        sequences: of any lengths and rates.
        frames: how many moments, in the middles of equal parts of the longest; when not given, one for each frame
            of the one with the most frames per second.

    Returns:
        A list of frame numbers for each sequence, all of one length, and the moments per second.

    Raises:
        ClipError: there is none, or one has no frames.
    """
    if not sequences or not all(len(sequence) for sequence in sequences):
        raise ClipError("no frames to draw")
    longest = max(sequence.seconds for sequence in sequences)
    if frames is None:
        rate = max(sequence.fps for sequence in sequences)
        times = (np.arange(max(1, round(longest * rate))) + 0.5) / rate
    else:
        times = (np.arange(frames) + 0.5) / frames * longest
        rate = frames / longest
    shown = [np.minimum((times * sequence.fps).astype(int), len(sequence) - 1).tolist() for sequence in sequences]
    return shown, rate


def beside(
    sequences: Sequence[PoseSequence], captions: Sequence[str], style: str = "signer", size: int = 640
) -> tuple[Iterator[Picture], float]:
    """Draw several signs side by side, each over its caption, so that they can be compared while they move.

    Args:
        sequences: what to show; up to four stand in a row.
        captions: one for each.
        style: as in `draw_pose`.
        size: height in pixels of each one's picture.

    Returns:
        Pictures, made as they are asked for, and how many a second.

    Raises:
        LayoutError: as `draw_pose` does.
        ClipError: as `draw_pose` does, or nothing to draw.
    """
    shown, rate = same_time(sequences)
    films = [_held(sequence, at, style, size) for sequence, at in zip(sequences, shown, strict=True)]

    def pictures() -> Iterator[Picture]:
        board = None
        for together in zip(*films, strict=True):
            if board is None:
                sizes = [(picture.shape[1], picture.shape[0]) for picture in together]
                board = Board(captions, sizes, columns=min(4, len(sizes)))
            yield board.show(together)

    return pictures(), rate


def _held(sequence: PoseSequence, frames: Sequence[int], style: str, size: int) -> Iterator[Picture]:
    """Pictures of these frames, which never step back; one that stays is drawn once."""
    fresh = sorted(set(frames))
    drawn = draw_pose(sequence, style, size, fresh)

    def pictures() -> Iterator[Picture]:
        last, picture = -1, None
        for frame in frames:
            if frame != last:
                last, picture = frame, next(drawn)
            assert picture is not None
            yield picture

    return pictures()
