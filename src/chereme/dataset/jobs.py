"""What the `dataset` verbs do with a source or a store, apart from talking to the user."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from chereme.dataset import split as ways
from chereme.dataset.folder import check_new
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.load import Source, Unusable, load_poses
from chereme.dataset.manifest import write_manifest
from chereme.dataset.protocols import PROTOCOLS, SET_PROTOCOLS
from chereme.dataset.split import Split, write_split
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError, ManifestError, SplitError
from chereme.files import write_folder_beside
from chereme.layout import Layout
from chereme.places import data_folder
from chereme.poses import write_pose
from chereme.types import Clip, PoseSequence

__all__ = ["make_splits", "pack_source", "write_pose_folder", "write_video_manifest"]

Item = tuple[Clip, PoseSequence]


def write_video_manifest(source: Source, path: Path) -> int:
    """Write the manifest of a source of videos; its paths lead from the manifest to where the videos are."""
    up = os.path.relpath(source.folder.resolve(), path.resolve().parent)
    write_manifest([replace(clip, path=f"{Path(up).as_posix()}/{clip.path}") for clip in source.clips], path)
    return len(source.clips)


def write_pose_folder(items: Iterable[Item], folder: Path) -> int:
    """Write clips as a folder of `.pose` files with a `manifest.csv`, whole or not at all.

    Raises:
        ManifestError: the folder exists and is not empty, or cannot be written.
    """
    check_new(folder)
    clips: list[Clip] = []
    try:
        with write_folder_beside(folder) as part:
            for clip, sequence in items:
                # named by number: an id may hold what a file system does not take
                path = f"poses/{len(clips):06d}.pose"
                write_pose(sequence, part / path)
                clips.append(replace(clip, path=path, start=None, end=None))  # it is cut already
            write_manifest(clips, part / "manifest.csv")
    except OSError as error:
        raise ManifestError(f"{folder}: cannot be written, nothing was left there: {error}") from error
    return len(clips)


def pack_source(
    source: Source,
    out: Path,
    layout: Layout | None = None,
    poses: Path | None = None,
    watch: Callable[[Any, int | None], Any] = lambda items, total: items,
) -> tuple[Store, list[Unusable], list[str]]:
    """Pack a source; clips that cannot be read are left out and told.

    Args:
        source: what `find_source` gave.
        out: folder of the store.
        layout: landmarks to pick from every clip.
        poses: folder of landmarks, when the source names videos.
        watch: wraps the iteration, with the number of clips where it is known, to show progress.

    Returns:
        The store, the clips left out, and the names of the protocol's splits that were written.

    Raises:
        ManifestError: no clip could be used.
        StoreError: see `chereme.dataset.store.pack`.
    """
    failed: list[Unusable] = []

    def usable() -> Iterator[Item]:
        if source.has_landmarks:
            for clip, sequence in watch(source.items(), None):
                yield clip, sequence if layout is None else sequence.pick(layout)
            return
        for item in watch(load_poses(source, layout, poses), len(source.clips)):
            if isinstance(item, Unusable):
                failed.append(item)
            else:
                yield item
        if len(failed) == len(source.clips):
            raise ManifestError(f"{source.folder}: none of {len(failed)} clips can be used; the first: {failed[0].why}")

    store = pack(usable(), out)
    splits: list[str] = []
    for protocol in SET_PROTOCOLS.get(source.name, ()) if source.has_landmarks else ():
        for name, parts in PROTOCOLS[protocol](store.clips, source.folder).items():
            write_split(out, name, parts)
            splits.append(name)
    return store, failed, splits


def make_splits(
    store: Store,
    by: tuple[str, ...],
    protocol: str | None = None,
    test: float = 0.2,
    validation: float = 0.1,
    folds: int | None = None,
    leave_out: str | None = None,
    leave_one_out: bool = False,
    name: str | None = None,
    seed: int = 0,
    data: Path | None = None,
) -> dict[str, Split]:
    """The splits that `dataset split` was asked for, by name; its options have the same names.

    Raises:
        SplitError: they cannot be made.
    """
    if protocol is not None:
        return _by_protocol(store, protocol, data)
    clips, name = store.clips, name or "-".join(by)
    if by == ("random",):
        return {name: ways.random_split(clips, test, validation, seed)}
    if by == ("official",):
        return {name: ways.official(clips)}
    if folds is not None:
        return {f"{name}-fold{i}": parts for i, parts in enumerate(ways.group_folds(clips, by, folds, seed), 1)}
    if leave_out is not None:
        return {f"{name}-{_safe(leave_out)}": ways.leave_out(clips, by, leave_out)}
    if leave_one_out:
        return {f"{name}-{_safe(value)}": parts for value, parts in ways.leave_one_out(clips, by).items()}
    return {name: ways.hold_out(clips, by, test, validation, seed)}


def _by_protocol(store: Store, protocol: str, data: Path | None) -> dict[str, Split]:
    if protocol not in PROTOCOLS:
        raise SplitError(f"no protocol is called {protocol!r}; known: {', '.join(PROTOCOLS)}")
    names = [name for name, protocols in SET_PROTOCOLS.items() if protocol in protocols and name in IMPORTERS]
    try:
        folder = data_folder(data) / names[0]
    except CheremeError:
        folder = None  # only WLASL's second split needs the set itself
    return PROTOCOLS[protocol](store.clips, folder if folder is not None and folder.is_dir() else None)


def _safe(group: str) -> str:
    return group.replace("/", "-")
