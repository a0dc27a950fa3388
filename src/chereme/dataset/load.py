"""The clips of a folder, manifest or known set, and the landmarks that belong to them."""

import difflib
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chereme.dataset.folder import is_pose, read_folder
from chereme.dataset.importers import IMPORTERS, PICTURE_SETS, VIDEO_SETS
from chereme.dataset.manifest import find_file, nfc, read_manifest
from chereme.errors import CheremeError, ClipError, ManifestError
from chereme.layout import Layout
from chereme.places import data_folder
from chereme.poses import read_pose
from chereme.types import Clip, PoseSequence

__all__ = ["Source", "Unusable", "find_source", "load_poses", "load_usable", "pose_files"]


@dataclass(frozen=True)
class Source:
    """Where clips come from."""

    name: str
    folder: Path
    """What the clips' paths are relative to; of a known set, its own folder."""
    clips: tuple[Clip, ...]
    """Empty for a known set of landmarks or pictures, which brings clips and landmarks together."""
    look: Callable[[Iterator[tuple[Clip, bytes]]], Iterator[tuple[Clip, PoseSequence]]] | None = None
    """Finds landmarks in the picture files of a known set of pictures: the next stage's work, so the caller's to give,
    as `chereme.landmarks.hand_pictures.hands_of_pictures`."""

    def items(self) -> Iterator[tuple[Clip, PoseSequence]]:
        """Clips with landmarks of a known set."""
        if self.name not in PICTURE_SETS:
            return IMPORTERS[self.name](self.folder)
        assert self.look is not None, "a set of pictures needs somebody to look at them"
        return self.look(PICTURE_SETS[self.name](self.folder))

    @property
    def has_pictures(self) -> bool:
        """A known set of pictures: `items` needs `look`."""
        return not self.clips and self.name in PICTURE_SETS

    @property
    def has_landmarks(self) -> bool:
        """A known set of landmarks or pictures, to be read by `items`."""
        return not self.clips


@dataclass(frozen=True)
class Unusable:
    """A clip that could not be loaded, and why."""

    clip: Clip
    why: str


def find_source(given: str, data: str | Path | None = None) -> Source:
    """What the user named: a folder of class folders, a manifest, or a known set by its name.

    A folder that holds a `manifest.csv` or `.parquet` is read by that.

    Raises:
        ManifestError: it is none of these, or cannot be read.
    """
    path = Path(given)
    name = path.resolve().name
    known = IMPORTERS.keys() | VIDEO_SETS.keys() | PICTURE_SETS.keys()
    if not path.exists() and given in known:
        name, path = given, data_folder(data) / given
        if not path.is_dir():
            raise ManifestError(f"{path}: the set {given} is not there; name the data sets' folder with --data")
    if not path.exists():
        near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
        hint = f"did you mean the set {near[0]!r}?" if near else f"known sets: {', '.join(sorted(known))}"
        raise ManifestError(f"{given}: no such folder or manifest; {hint}")
    if path.is_file():
        return Source(path.stem, path.parent, read_manifest(path))
    for manifest in (path / "manifest.csv", path / "manifest.parquet"):
        if manifest.is_file():
            return Source(name, path, read_manifest(manifest))
    if name in IMPORTERS and not any(p.is_dir() for p in path.iterdir()):
        return Source(name, path, ())
    if name in PICTURE_SETS and (path / "images.tar").is_file():
        return Source(name, path, ())
    if name in VIDEO_SETS:
        return Source(name, path, tuple(VIDEO_SETS[name](path)))
    return Source(name, path, read_folder(path))


def load_poses(
    source: Source, layout: Layout | None = None, poses: str | Path | None = None
) -> Iterator[tuple[Clip, PoseSequence] | Unusable]:
    """Read each clip's `.pose`, cut to the clip's start and end; a clip that cannot be used is given as such.

    Args:
        source: with clips.
        layout: landmarks to pick by name from every file; None takes each file as it is.
        poses: folder that `chereme extract` wrote, for clips whose path is a video.

    Raises:
        ManifestError: clips are videos, and `poses` is not given or holds none of them.
    """
    files = pose_files(source, None if poses is None else Path(poses))
    for clip, file in zip(source.clips, files, strict=True):
        try:
            if file is None:
                raise ClipError(f"{clip.path}: no such .pose")
            sequence = _cut(read_pose(file), clip)
            if layout is not None:
                sequence = sequence.pick(layout)
        except CheremeError as error:
            yield Unusable(clip, str(error))
        else:
            yield replace(clip, path=""), sequence


def load_usable(source: Source) -> Iterator[tuple[Clip, PoseSequence]]:
    """The clips of a folder or manifest of `.pose` files, all of them.

    Raises:
        ManifestError: one cannot be read.
    """
    for item in load_poses(source):
        if isinstance(item, Unusable):
            raise ManifestError(f"{source.folder}: clip {item.clip.id}: {item.why}")
        yield item


def pose_files(source: Source, poses: Path | None) -> list[Path | None]:
    """The `.pose` of each clip, as the clip names it or as `chereme extract` named it below `poses`; None: not there.

    Raises:
        ManifestError: as `load_poses`.
    """
    if poses is None:
        videos = [clip for clip in source.clips if not is_pose(clip.path)]
        if videos:
            raise ManifestError(
                f"{source.folder}: {len(videos)} of {len(source.clips)} clips are no .pose (first: {videos[0].path});"
                " make their landmarks with `chereme extract DIR -o POSES`, then pack with --poses POSES"
            )
        return [find_file(source.folder, clip.path) for clip in source.clips]
    made = {nfc(os.path.relpath(path, poses).replace(os.sep, "/")): path for path in sorted(poses.rglob("*.pose"))}
    found = [
        find_file(source.folder, clip.path) if is_pose(clip.path) else _made_from(clip.path, made)
        for clip in source.clips
    ]
    if not any(found):
        raise ManifestError(f"{poses}: none of the {len(found)} clips has its .pose here; is it what `extract` wrote?")
    _check_shared(source.clips, found)
    return found


def _made_from(video: str, made: dict[str, Path]) -> Path | None:
    """The `.pose` that mirrors a video's path, the longest common tail first: `set/casa/1.mp4` → `casa/1.pose`."""
    parts = Path(nfc(video)).parts
    for start in range(len(parts)):
        tail = Path(*parts[start:])
        for name in (tail.with_name(tail.name + ".pose"), tail.with_suffix(".pose")):
            if name.as_posix() in made:
                return made[name.as_posix()]
    return None


def _check_shared(clips: Sequence[Clip], files: Sequence[Path | None]) -> None:
    """Two clips may be stretches of one recording, but two recordings must not meet in one `.pose`."""
    recording: dict[Path, str] = {}
    for clip, file in zip(clips, files, strict=True):
        if file is not None and recording.setdefault(file, clip.path) != clip.path:
            raise ManifestError(
                f"{file}: would stand for {recording[file]} and for {clip.path};"
                " extract the folder that holds both, so that the poses keep their folders"
            )


def _cut(sequence: PoseSequence, clip: Clip) -> PoseSequence:
    if clip.start is None and clip.end is None:
        return sequence
    start = round((clip.start or 0) * sequence.fps)
    stop = len(sequence) if clip.end is None or math.isinf(clip.end) else round(clip.end * sequence.fps)
    if start >= min(stop, len(sequence)):
        raise ClipError(
            f"{clip.path}: nothing between {clip.start} and {clip.end} s; it lasts {sequence.seconds:.2f} s"
        )
    return sequence.with_points(sequence.points[start:stop])
