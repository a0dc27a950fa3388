"""Every block of features by name, and the sets of blocks that a recipe can ask for in one word."""

from chereme.features.blocks import SIGNER_BLOCKS, Block
from chereme.features.image import IMAGE_BLOCK
from chereme.features.isl import GROUP_BLOCKS
from chereme.features.libras import LIBRAS_BLOCKS, PointFamily
from chereme.features.peers import PEER_BLOCKS

__all__ = ["BLOCKS", "BODY_HANDS", "PRESETS"]

BLOCKS: dict[str, Block | PointFamily] = {
    **SIGNER_BLOCKS,
    **LIBRAS_BLOCKS,
    **GROUP_BLOCKS,
    **PEER_BLOCKS,
    "image": IMAGE_BLOCK,
}

BODY_HANDS = (
    "body_points", "hand_shape", "wrist_places", "tip_distances", "finger_bends", "hands_to_body", "hand_to_nose",
    "hand_to_hand", "hand_seen",
)  # fmt: skip

PRESETS: dict[str, tuple[str, ...]] = {
    "libras-189": ("angles", "differences", "distances", "clip_metadata", "hand_metadata"),
    "libras-339": ("angles", "differences", "distances", "positions", "clip_metadata", "hand_metadata"),
    "isl-408": ("pose_points_seen", "left_hand_points", "right_hand_points", "face_points"),
    "hand-84": ("hand_84",),
}
"""Blocks of the systems that others built, in the order of their vectors; `angles` and so on have pose, right, left."""
