"""Bring any clip to the form that the models were trained on."""

from dataclasses import dataclass

from chereme.errors import LayoutError, RecipeError
from chereme.layout import BODY_HANDS_75, LAYOUTS, Layout, layout_named
from chereme.preprocess.align import align_body, align_hands, mirror_to_dominant
from chereme.preprocess.gaps import fill_gaps
from chereme.preprocess.sides import sort_hands
from chereme.types import PoseSequence

__all__ = [
    "PreprocessConfig",
    "align_body",
    "align_hands",
    "fill_gaps",
    "fit_layout",
    "mirror_to_dominant",
    "preprocess",
    "sort_hands",
]

ALIGNMENTS = ("shoulders", "shoulders-turned", "hands")


@dataclass(frozen=True)
class PreprocessConfig:
    """How a clip is brought to the form that the models expect."""

    layout: str = "body_hands_75"
    """Landmarks that the model reads; any sequence that holds them by name will do."""
    align: str = "shoulders"
    """`shoulders`; `shoulders-turned`, which also faces the camera (true depth only); `hands`, without a body."""
    sort_hands: bool = True
    """Put hands that were filed under the other side back, by the nearer wrist of the body."""
    dominant: bool = True
    """Mirror clips of left-handed signing."""
    longest_gap: float = 0.25
    """Longest run of unseen frames to fill, in seconds."""

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise RecipeError(f"preprocess.layout {self.layout!r} is not known; known: {', '.join(LAYOUTS)}")
        if self.align not in ALIGNMENTS:
            raise RecipeError(f"preprocess.align must be one of {', '.join(ALIGNMENTS)}, got {self.align!r}")
        if not 0 <= self.longest_gap <= 5:
            raise RecipeError(f"preprocess.longest_gap must be 0 to 5 seconds, got {self.longest_gap}")


def preprocess(sequence: PoseSequence, config: PreprocessConfig) -> PoseSequence:
    """Pick the landmarks, sort the hands, fill short gaps, align, and turn left-handed signing into right-handed.

    Raises:
        LayoutError: the sequence lacks landmarks that cannot be done without; the text names them.
    """
    sequence = fit_layout(sequence, layout_named(config.layout))
    if config.sort_hands:
        sequence = sort_hands(sequence)
    sequence = fill_gaps(sequence, config.longest_gap)
    if config.align == "hands":
        sequence = align_hands(sequence)
    else:
        sequence = align_body(sequence, turn=config.align == "shoulders-turned")
    return mirror_to_dominant(sequence) if config.dominant else sequence


NEEDED = ("shoulder", "elbow", "wrist")
"""Of a body, what no recognizer can do without; the hands come beside them."""


def fit_layout(sequence: PoseSequence, layout: Layout) -> PoseSequence:
    """Pick a layout by name; landmarks that a model can do without stay NaN where the source lacks them.

    Shoulders, elbows, wrists and every point of the hands are needed; a face or legs are not.

    Raises:
        LayoutError: needed landmarks are not in the sequence; the text names them.
    """
    have = set(sequence.layout.names)
    missing = [n for n in layout.names if n not in have]
    if not missing:
        return sequence.pick(layout)
    body = ("pose", "body")
    needed = [n for n in missing if n.partition("/")[0] not in (*body, "face") or n.rpartition("_")[2] in NEEDED]
    if needed:
        shown = ", ".join(needed[:6]) + (f" and {len(needed) - 6} more" if len(needed) > 6 else "")
        advice = "; extract the video anew with `chereme extract`" if set(needed) <= set(BODY_HANDS_75.names) else ""
        raise LayoutError(
            f"a sequence of {sequence.layout.name} lacks {len(needed)} landmarks that {layout.name} cannot do without:"
            f" {shown}{advice}"
        )
    return sequence.with_missing(layout)
