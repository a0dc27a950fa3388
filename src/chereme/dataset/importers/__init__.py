"""Readers of known public data sets: each yields its clips with their landmarks in our layouts and units.

Sets of videos yield clips alone, sets of pictures clips and picture files; their landmarks are made by
`chereme.landmarks`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from chereme.dataset.importers.isl import isl30_kinect, isl_include43_poses
from chereme.dataset.importers.letters import (
    asl_letters_handlandmarks,
    fingerspell_transitions_asl,
    fingerspelling_poses,
)
from chereme.dataset.importers.libras_movement import uci_libras_movement
from chereme.dataset.importers.pictures import PICTURE_SETS
from chereme.dataset.importers.videos import asl24_videos, libras25_videos
from chereme.dataset.importers.wlasl import wlasl_hands
from chereme.types import Clip, PoseSequence

__all__ = ["IMPORTERS", "PICTURE_SETS", "VIDEO_SETS"]

IMPORTERS: dict[str, Callable[[Path], Iterator[tuple[Clip, PoseSequence]]]] = {
    "isl_include43_poses": isl_include43_poses,
    "isl30_kinect": isl30_kinect,
    "wlasl_hands": wlasl_hands,
    "uci_libras_movement": uci_libras_movement,
    "asl_letters_handlandmarks": asl_letters_handlandmarks,
    "fingerspelling_poses": fingerspelling_poses,
    "fingerspell_transitions_asl": fingerspell_transitions_asl,
}
"""Sets of landmarks: name, also its folder's name, to a function of that folder."""

VIDEO_SETS: dict[str, Callable[[Path], Iterator[Clip]]] = {
    "asl24_videos": asl24_videos,
    "libras25_videos": libras25_videos,
}
"""Sets of videos: name to a function that gives clips with paths relative to the set's folder."""
