"""The packed store: a whole data set as one memory-mapped array of frames, for training that reads at random.

A store is a folder:

- `frames.arrow`: every frame of every clip, one after the other, an Arrow IPC file of one uncompressed
  column (float32, J x 3 values a frame), so its bytes are read in place and any Arrow tool can open it.
- `clips.parquet`: a row per `Clip`, with frames, fps, width, height and a digest of its landmarks.
- `store.json`: format version, landmark names, totals.
- `splits/NAME.csv`: id and part; see `chereme.dataset.split`.

Points are kept as float32, exactly as they came in. Half precision would move a landmark by up to half a
pixel in a 1080-line picture; 16-bit integers would halve the bytes a batch reads, but round every point and
need a scale for each clip, and float32 is fast enough (`chereme bench store`).
"""

import csv
import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from chereme.errors import LayoutError, SplitError, StoreError
from chereme.files import write_folder_beside
from chereme.layout import LAYOUTS, Layout
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["Store", "digest_of", "pack"]

VERSION = 1

_CLIP_FIELDS = tuple(f.name for f in fields(Clip))
_SCHEMA = pa.schema(
    [pa.field(name, pa.float64() if name in ("start", "end") else pa.string()) for name in _CLIP_FIELDS]
    + [
        pa.field("frames", pa.int64()),
        pa.field("fps", pa.float32()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("digest", pa.string()),
    ]
)


@dataclass(frozen=True, eq=False)
class Store:
    """An open packed store of N clips; its points stay on disk until they are touched."""

    folder: Path
    clips: tuple[Clip, ...]
    layout: Layout
    points: Floats
    """(frames of all clips, J, 3), memory-mapped and read-only; NaN means not seen."""
    offsets: NDArray[np.int64]
    """(N + 1,): clip i holds the frames from offsets[i] up to offsets[i + 1]."""
    fps: Floats
    """(N,) frames per second."""
    sizes: NDArray[np.int32]
    """(N, 2) width and height of the source pictures, in pixels."""
    digests: tuple[str, ...]
    """N SHA-256 digests: equal where the landmarks are equal to the bit."""

    @classmethod
    def open(cls, folder: str | Path) -> "Store":
        """Open a store that `pack` wrote.

        Raises:
            StoreError: there is none, a part of it is missing or damaged, or a newer chereme wrote it.
        """
        folder = Path(folder)
        about = _read_about(folder)
        try:
            table = pq.read_table(folder / "clips.parquet", schema=_SCHEMA)
            batch = pa.ipc.open_file(pa.memory_map(str(folder / "frames.arrow"))).get_batch(0)
            values = batch.column(0).flatten().to_numpy(zero_copy_only=True)
        except (OSError, pa.ArrowException, IndexError) as error:
            raise StoreError(f"{folder}: damaged store ({error}); pack it again with `chereme dataset pack`") from error
        layout = _layout_of(about, folder)
        offsets = np.concatenate([[0], np.cumsum(table["frames"].to_numpy(), dtype=np.int64)])
        if values.size != offsets[-1] * len(layout) * 3:
            raise StoreError(
                f"{folder}: damaged store: {values.size} values in frames.arrow where clips.parquet"
                f" counts {offsets[-1]} frames of {len(layout)} landmarks; pack it again with `chereme dataset pack`"
            )
        return cls(
            folder,
            tuple(Clip(**row) for row in table.select(_CLIP_FIELDS).to_pylist()),
            layout,
            values.reshape(-1, len(layout), 3),
            offsets,
            table["fps"].to_numpy(),
            np.stack([table["width"].to_numpy(), table["height"].to_numpy()], -1),
            tuple(table["digest"].to_pylist()),
        )

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) frames of each clip."""
        return np.diff(self.offsets)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Clip id to its place in `clips`."""
        return {clip.id: i for i, clip in enumerate(self.clips)}

    def sequence(self, index: int) -> PoseSequence:
        """One clip, its points a read-only view of the store."""
        points = self.points[self.offsets[index] : self.offsets[index + 1]]
        width, height = self.sizes[index].tolist()
        return PoseSequence(points, self.layout, float(self.fps[index]), (width, height))

    def gather(
        self, indices: NDArray[np.integer[Any]], frames: NDArray[np.integer[Any]], out: Floats | None = None
    ) -> Floats:
        """A batch of B clips with T frames picked from each, in any order and with repeats.

        Args:
            indices: (B,) places in `clips`.
            frames: (B, T) frame numbers, counted from each clip's own start.
            out: (B, T, J, 3) float32 to write to; saves the allocation when batches follow one another.

        Returns:
            (B, T, J, 3) points, the caller's own to change.

        Raises:
            IndexError: a frame lies outside its clip.
        """
        if ((frames < 0) | (frames >= self.lengths[indices][:, None])).any():
            raise IndexError(f"{self.folder}: frame numbers outside their clips")
        at = self.offsets[indices][:, None] + frames
        # mode "clip" writes straight to `out`; "raise" would fill a buffer first, and the check is done
        return np.take(self.points, at, axis=0, out=out, mode="clip")

    def split(self, name: str) -> dict[str, str]:
        """A named split: clip id to `train`, `validation` or `test`; clips in no part are left out.

        Raises:
            SplitError: there is no split of that name, or it names a clip that is not in the store.
        """
        path = self.folder / "splits" / f"{name}.csv"
        try:
            with path.open(encoding="utf-8", newline="") as lines:
                parts = {row["id"]: row["split"] for row in csv.DictReader(lines)}
        except FileNotFoundError:
            known = ", ".join(self.split_names()) or "none yet"
            raise SplitError(
                f"{self.folder}: no split is called {name!r} (there: {known}); make one with `chereme dataset split`"
            ) from None
        except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
            raise SplitError(f"{path}: not a split file (columns id, split): {error}") from error
        if strangers := parts.keys() - self.positions.keys():
            raise SplitError(f"{path}: clip {min(strangers)} is not in the store; make the split again")
        return parts

    def split_names(self) -> list[str]:
        """Names of the splits this store has."""
        return sorted(p.stem for p in (self.folder / "splits").glob("*.csv"))


def pack(items: Iterable[tuple[Clip, PoseSequence]], folder: str | Path) -> Store:
    """Write clips to a store, one at a time, so that a set larger than memory fits; whole or not at all.

    A store that stood at `folder` is replaced. Confidence is not kept: a point is seen or it is NaN.

    Raises:
        StoreError: no clips, an id twice, clips of several layouts, `folder` holds something that is no store,
            or cannot be written.
        LayoutError: a clip without frames or with infinite points.
    """
    folder = Path(folder)
    check_replaceable(folder)
    try:
        with write_folder_beside(folder) as part:
            clips = _write(items, part)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be packed, nothing was changed there: {error}") from error
    logging.getLogger(__name__).info("packed %d clips to %s", clips, folder)
    return Store.open(folder)


def _write(items: Iterable[tuple[Clip, PoseSequence]], folder: Path) -> int:
    rows: list[dict[str, Any]] = []
    layout: Layout | None = None
    ids: set[str] = set()
    raw = folder / "frames.raw"
    with raw.open("wb") as out:
        for clip, sequence in items:
            layout = layout or sequence.layout
            _check_item(clip, sequence, layout, ids)
            points = np.ascontiguousarray(sequence.points)
            out.write(points.data)
            rows.append(_row(clip, sequence, digest_of(points)))
    if layout is None:
        raise StoreError("no clips to pack")
    _wrap_in_arrow(raw, len(layout), folder / "frames.arrow")
    raw.unlink()
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), folder / "clips.parquet")
    _write_about(folder, layout, rows)
    return len(rows)


def digest_of(points: Floats) -> str:
    """SHA-256 of a clip's landmarks: equal exactly when every point is."""
    return hashlib.sha256(repr(points.shape).encode() + points.tobytes()).hexdigest()


def check_replaceable(folder: Path) -> None:
    """Refuse a folder that exists, is not empty and is no store: replacing it would lose somebody's files."""
    if folder.exists() and not (folder / "store.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: exists and is not a store; give another place with -o, or move it away first")


def _check_item(clip: Clip, sequence: PoseSequence, layout: Layout, ids: set[str]) -> None:
    if clip.id in ids:
        raise StoreError(f"clip {clip.id}: this id comes twice; ids must be unique")
    ids.add(clip.id)
    if sequence.layout != layout:
        raise StoreError(
            f"clip {clip.id}: layout {sequence.layout.name} where the clips before have {layout.name};"
            " name one layout that all of them hold with --layout"
        )
    if len(sequence) == 0:
        raise LayoutError(f"clip {clip.id}: no frames")
    if np.isinf(sequence.points).any():
        raise LayoutError(f"clip {clip.id}: infinite coordinates; extract it again")


def _row(clip: Clip, sequence: PoseSequence, digest: str) -> dict[str, Any]:
    width, height = sequence.size
    known = dict(zip(_CLIP_FIELDS, astuple(clip), strict=True))
    return {
        **known,
        "frames": len(sequence),
        "fps": sequence.fps,
        "width": width,
        "height": height,
        "digest": digest,
    }


def _wrap_in_arrow(raw: Path, landmarks: int, path: Path) -> None:
    # one record batch, so that all frames lie in one piece; it is written from the map, never held in memory
    values = pa.Array.from_buffers(
        pa.float32(), raw.stat().st_size // 4, [None, pa.py_buffer(np.memmap(raw, np.float32, "r"))]
    )
    column = pa.FixedSizeListArray.from_arrays(values, landmarks * 3)
    batch = pa.record_batch([column], names=["points"])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _write_about(folder: Path, layout: Layout, rows: Sequence[dict[str, Any]]) -> None:
    about = {
        "format": "chereme store",
        "version": VERSION,
        "layout": layout.name,
        "landmarks": layout.names,
        "bones": layout.bones,
        "mirror": layout.mirror,
        "clips": len(rows),
        "frames": sum(row["frames"] for row in rows),
    }
    (folder / "store.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")


def _read_about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{folder}: no packed store here; make one with `chereme dataset pack`") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder}/store.json: cannot be read: {error}") from error
    if not isinstance(about, dict) or about.get("format") != "chereme store":
        raise StoreError(f"{folder}/store.json: not written by chereme")
    if about.get("version") != VERSION:
        raise StoreError(f"{folder}: store version {about.get('version')}, this chereme reads {VERSION}; pack it again")
    return about


def _layout_of(about: dict[str, Any], folder: Path) -> Layout:
    try:
        names = tuple(about["landmarks"])
        bones, mirror = (tuple((a, b) for a, b in about[key]) for key in ("bones", "mirror"))
        layout = Layout(about["layout"], names, bones, mirror)
    except (KeyError, TypeError, ValueError, LayoutError) as error:
        raise StoreError(f"{folder}/store.json: its landmarks cannot be read ({error}); pack it again") from error
    return next((known for known in LAYOUTS.values() if known == layout), layout)
