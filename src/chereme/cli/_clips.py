"""How a verb that is shown clips looks at them: a video, a folder of pictures, a `.pose`, the webcam."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chereme.types import PoseSequence

__all__ = ["films", "landmarks", "look", "watch"]


def look(clip: Path | str, fps: float, seconds: float, how: dict[str, Any]) -> "PoseSequence":
    """Landmarks of a file or folder, or of what a webcam (a string) sees.

    Args:
        clip: what to look at.
        fps: of a folder of pictures.
        seconds: how long to watch a webcam.
        how: settings of extraction.
    """
    return watch(clip, seconds, how) if isinstance(clip, str) else landmarks(clip, fps, how)


def films() -> set[str]:
    """What a folder is searched for; one without any is one clip of pictures."""
    from chereme.landmarks.video import VIDEOS

    return {*VIDEOS, ".pose"}


def landmarks(path: Path, fps: float, how: dict[str, Any]) -> "PoseSequence":
    """Landmarks of one clip; MediaPipe is loaded only where there are pictures to look at."""
    if path.suffix.lower() == ".pose":
        from chereme.poses import read_pose

        return read_pose(path)
    from chereme.errors import ClipError
    from chereme.landmarks import ExtractConfig, extract_clip, extract_frames
    from chereme.landmarks.picture import PICTURES, read_picture

    config = ExtractConfig(**how)
    if not path.is_dir():
        return extract_clip(path, config)
    pictures = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
    if not pictures:
        raise ClipError(f"{path}: no video, picture or .pose in this folder; name another")
    return extract_frames((read_picture(p)[0] for p in pictures), fps, config, str(path))


def watch(camera: str, seconds: float, how: dict[str, Any]) -> "PoseSequence":
    """Landmarks of what a webcam sees."""
    from chereme.landmarks import ExtractConfig
    from chereme.landmarks.camera import extract_webcam

    click.echo(f"watching webcam {camera} for {seconds:g} s …", err=True)
    return extract_webcam(int(camera) if camera.isdecimal() else camera, seconds, ExtractConfig(**how))
