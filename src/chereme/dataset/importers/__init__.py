"""Readers of known public data sets: each yields its clips with their landmarks in our layouts and units."""

from collections.abc import Callable, Iterator
from pathlib import Path

from chereme.dataset.importers.isl import isl30_kinect, isl_include43_poses
from chereme.dataset.importers.wlasl import wlasl_hands
from chereme.types import Clip, PoseSequence

__all__ = ["IMPORTERS"]

IMPORTERS: dict[str, Callable[[Path], Iterator[tuple[Clip, PoseSequence]]]] = {
    "isl_include43_poses": isl_include43_poses,
    "isl30_kinect": isl30_kinect,
    "wlasl_hands": wlasl_hands,
}
"""Set name, also its folder's name, to a function of that folder."""
