"""Bring any clip to the form that the models were trained on."""

from collections.abc import Mapping
from dataclasses import dataclass

from chereme.errors import LayoutError, RecipeError
from chereme.layout import BODY_HANDS_75, LAYOUTS, Layout, image_count, layout_named
from chereme.preprocess.align import align_body, align_hands, either_hand_leads, mirror_to_dominant, turned_round
from chereme.preprocess.average_hand import hang_unseen_hands
from chereme.preprocess.gaps import fill_gaps, gap_seconds, unseen
from chereme.preprocess.motion import Motion, landmark_motion, mix_motion, smooth
from chereme.preprocess.reference import AlignConfig, Reference, align_to_reference, find_reference, in_picture
from chereme.preprocess.rest import hide_resting_hands, rest_line, while_hands_are_raised
from chereme.preprocess.sides import sort_hands
from chereme.preprocess.trim import (
    Signing,
    TrimConfig,
    clip_motion,
    find_signing,
    trim_to_signing,
    while_hands_are_seen,
)
from chereme.types import Floats, PoseSequence

__all__ = [
    "AlignConfig",
    "Motion",
    "PreprocessConfig",
    "Preprocessed",
    "Reference",
    "Signing",
    "TrimConfig",
    "align_body",
    "align_hands",
    "align_to_reference",
    "clip_motion",
    "either_hand_leads",
    "explain",
    "fill_gaps",
    "find_reference",
    "find_signing",
    "fit_layout",
    "gap_seconds",
    "hang_unseen_hands",
    "hide_resting_hands",
    "in_picture",
    "landmark_motion",
    "mirror_to_dominant",
    "mix_motion",
    "preprocess",
    "rest_line",
    "smooth",
    "sort_hands",
    "trim_to_signing",
    "turned_round",
    "unseen",
    "ways",
    "while_hands_are_raised",
]

ALIGNMENTS = ("shoulders", "shoulders-turned", "hands", "hands-in-picture", "reference")
HANDS_ALONE = ("hands", "hands-in-picture")


@dataclass(frozen=True)
class PreprocessConfig:
    """How a clip is brought to the form that the models expect."""

    layout: str = "body_hands_75"
    """Landmarks that the model reads; any sequence that holds them by name will do."""
    align: str = "shoulders"
    """`shoulders`; `shoulders-turned`, which also faces the camera (true depth only); `hands`, without a body;
    `hands-in-picture`, the same, but placed by the middle of the picture; `reference`, by face and shoulders while
    the signer stands still, see `[align]`."""
    sort_hands: bool = True
    """Put hands that were filed under the other side back, by the nearer wrist of the body."""
    dominant: bool = True
    """Mirror clips of left-handed signing."""
    clearly: float = 1.3
    """How many times as far as the right hand the left one must move for that; 1: of a clip and its mirror image the
    same always becomes, whichever hand leads."""
    both_ways: bool = False
    """Look twice at clips whose hands move about as far, as they are and mirrored, and give the surer answer: then a
    mirrored clip is answered as the clip is. Changes neither training nor embeddings."""
    hide_resting: bool = False
    """Do not look at hands that hang, where the clip shows arms: whether the engine finds them says more of room and
    clothes than of the sign. For models that read hands alone too, as far as their clips come with a body."""
    longest_gap: float = 0.25
    """Longest run of unseen frames to fill, in seconds."""
    longest_end: float = 0.0
    """Longest run of unseen frames at either end over which the nearest place seen is held, in seconds."""
    average_hands: bool = False
    """Hang a made-up hand at the side for one that a clip never shows. Invented data: only to compare with."""

    def __post_init__(self) -> None:
        try:
            layout_named(self.layout)
        except LayoutError:
            known = ", ".join(LAYOUTS)
            raise RecipeError(f"preprocess.layout {self.layout!r} is not known; known: {known}, image_512") from None
        if self.align not in ALIGNMENTS:
            raise RecipeError(f"preprocess.align must be one of {', '.join(ALIGNMENTS)}, got {self.align!r}")
        if not 1 <= self.clearly <= 10:
            raise RecipeError(f"preprocess.clearly is a factor from 1 to 10, got {self.clearly}")
        for name in ("longest_gap", "longest_end"):
            if not 0 <= getattr(self, name) <= 5:
                raise RecipeError(f"preprocess.{name} must be 0 to 5 seconds, got {getattr(self, name)}")
        if self.average_hands and self.align in HANDS_ALONE:
            raise RecipeError(
                f'preprocess.average_hands hangs hands at a body; it does not go with align = "{self.align}"'
            )


WHOLE_CLIP = TrimConfig()
STANDARD_PLACE = AlignConfig()


def preprocess(
    sequence: PoseSequence,
    config: PreprocessConfig,
    trim: TrimConfig = WHOLE_CLIP,
    align: AlignConfig = STANDARD_PLACE,
) -> PoseSequence:
    """Pick the landmarks, sort the hands, hide those at rest, trim, fill gaps, align, mirror left-handed signing.

    The settings are the tables `[preprocess]`, `[trim]` and `[align]` of a recipe, alike in training and recognizing.

    Raises:
        LayoutError: the sequence lacks landmarks that cannot be done without; the text names them.
    """
    return explain(sequence, config, trim, align).after


def ways(
    sequence: PoseSequence,
    config: PreprocessConfig,
    trim: TrimConfig = WHOLE_CLIP,
    align: AlignConfig = STANDARD_PLACE,
) -> list[PoseSequence]:
    """The clip as `preprocess` gives it and, where `both_ways` asks and either hand may lead, its mirror image."""
    ready = preprocess(sequence, config, trim, align)
    if config.both_ways and either_hand_leads(ready, config.clearly):
        return [ready, turned_round(ready)]
    return [ready]


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """What became of a clip, and why."""

    before: PoseSequence
    """The model's landmarks in all T frames, hands sorted and perhaps hidden at rest, as extracted otherwise."""
    after: PoseSequence
    """What a model gets."""
    motion: Motion | None
    """What start and end were read off; None when nothing is trimmed by motion."""
    signing: Signing
    """Which of the T frames were kept."""
    reference: Reference | None
    """What it was aligned by; None for the other alignments."""
    mirrored: bool
    """Left-handed signing was turned into right-handed."""


def explain(
    sequence: PoseSequence,
    config: PreprocessConfig,
    trim: TrimConfig = WHOLE_CLIP,
    align: AlignConfig = STANDARD_PLACE,
    pixels: Mapping[str, Floats] | None = None,
) -> Preprocessed:
    """`preprocess`, with all that it decided on the way.

    Args:
        sequence: T frames, as extracted.
        config: which landmarks, how aligned, which gaps to fill.
        trim: how start and end are found.
        align: of the alignment by reference points.
        pixels: motion measures of the video's pixels, (T - 1,) each, when there is a video.

    Raises:
        LayoutError: as `preprocess`.
    """
    layout = layout_named(config.layout)
    before = fit_layout(sequence, layout)
    if image_count(layout):  # features of pictures: nothing there to sort, fill or bring to a place
        return Preprocessed(before, before, None, Signing(0, len(before) - 1), None, False)
    if config.sort_hands:
        before = sort_hands(before)
    line = rest_line(sequence) if config.hide_resting or trim.kind == "raised" else None
    if line is not None and config.hide_resting:
        before = hide_resting_hands(before, line)
    motion = clip_motion(before, trim, pixels) if trim.reads_motion else None
    signing = Signing(0, len(before) - 1)
    if motion is not None:
        signing = find_signing(motion, before.fps, trim)
    elif trim.kind == "hands":
        signing = while_hands_are_seen(before)
    elif line is not None and trim.kind == "raised":
        signing = while_hands_are_raised(sequence, line, trim.lead)
    signed = trim_to_signing(before, signing)
    signed = fill_gaps(signed, config.longest_gap, config.longest_end)
    reference = find_reference(before, signing, align) if config.align == "reference" else None
    if reference is not None:
        aligned = align_to_reference(signed, reference, align)
    elif config.align in HANDS_ALONE:
        aligned = align_hands(signed, in_picture=config.align == "hands-in-picture")
    else:
        aligned = align_body(signed, turn=config.align == "shoulders-turned")
    if config.average_hands:
        aligned = hang_unseen_hands(aligned)
    after = mirror_to_dominant(aligned, config.clearly) if config.dominant else aligned
    return Preprocessed(before, after, motion, signing, reference, after is not aligned)


NEEDED = ("shoulder", "elbow", "wrist")
"""Of a body, what no recognizer can do without; the hands come beside them."""


def fit_layout(sequence: PoseSequence, layout: Layout) -> PoseSequence:
    """Pick a layout by name; landmarks that a model can do without stay NaN where the source lacks them.

    Shoulders, elbows, wrists and every point of the hands are needed; a face or legs are not.

    Raises:
        LayoutError: needed landmarks are not in the sequence; the text names them.
    """
    if image_count(layout) and sequence.layout != layout:
        raise LayoutError(
            f"a sequence of {sequence.layout.name} is not what {layout.name} names: features of an image encoder;"
            " extract the video anew with `chereme extract --encoder`"
        )
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
