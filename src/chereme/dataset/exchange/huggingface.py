"""A folder as the `datasets` library of Hugging Face reads it: Parquet files for each part, a `README.md` about them.

Written with pyarrow alone. Frames times landmarks times x, y, z stand in one nested column; `landmarks.json` names the
landmarks, which no Parquet column can.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chereme.dataset.folder import check_new
from chereme.dataset.store import Store
from chereme.errors import LayoutError, ManifestError
from chereme.files import write_folder_beside
from chereme.layout import LAYOUTS, Layout
from chereme.types import Clip, PoseSequence

__all__ = ["read_huggingface", "write_huggingface"]

ROWS = 500
"""Clips in a Parquet file."""
_TEXTS = tuple(f.name for f in fields(Clip) if f.name not in ("path", "start", "end", "split"))
_POINTS = pa.list_(pa.list_(pa.list_(pa.float32())))
_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in _TEXTS]
    + [pa.field("fps", pa.float32()), pa.field("width", pa.int32()), pa.field("height", pa.int32())]
    + [pa.field("points", _POINTS)]
)


def write_huggingface(store: Store, folder: Path, parts: Mapping[str, str] | None = None) -> dict[str, int]:
    """Write a store so that `datasets.load_dataset(folder)` reads it.

    Args:
        store: packed clips.
        folder: a new one.
        parts: a split; clips that stand in no part are left out. None: all are called `train`, as the library does.

    Returns:
        Part to number of clips.

    Raises:
        ManifestError: the folder exists and is not empty, or the split holds no clip.
    """
    check_new(folder)
    chosen = {clip.id: "train" for clip in store.clips} if parts is None else parts
    places: dict[str, list[int]] = {}
    for i, clip in enumerate(store.clips):
        if clip.id in chosen:
            places.setdefault(chosen[clip.id], []).append(i)
    if not places:
        raise ManifestError(f"{store.folder}: no clip stands in any part of the split")
    with write_folder_beside(folder) as part:
        (part / "data").mkdir()
        for name, at in places.items():
            files = -(-len(at) // ROWS)
            for number in range(files):
                rows = [_row(store, i) for i in at[number * ROWS : (number + 1) * ROWS]]
                file = part / "data" / f"{name}-{number:05d}-of-{files:05d}.parquet"
                pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), file, compression="zstd")
        about = {"layout": store.layout.name, "names": store.layout.names, "bones": store.layout.bones}
        about["mirror"] = store.layout.mirror
        (part / "landmarks.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        counts = {name: len(at) for name, at in places.items()}
        (part / "README.md").write_text(_readme(store, folder.name, counts), encoding="utf-8")
    return counts


def read_huggingface(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """Clips of a folder that `write_huggingface` wrote; the part of each is its `split`.

    Raises:
        ManifestError: no such folder, or a file in it that cannot be read.
    """
    layout = _layout(folder)
    files = sorted((folder / "data").glob("*.parquet"))
    if not files:
        raise ManifestError(f"{folder}: no Parquet files in {folder / 'data'}")
    for file in files:
        part = file.name.partition("-")[0]
        try:
            table = pq.ParquetFile(file)
            for batch in table.iter_batches(16):
                for row in batch.to_pylist():
                    yield _item(row, layout, part)
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, LayoutError) as error:
            raise ManifestError(f"{file}: not as `chereme dataset export` writes it: {error}") from error


def _row(store: Store, i: int) -> dict[str, Any]:
    clip, sequence = store.clips[i], store.sequence(i)
    return {
        **{name: getattr(clip, name) for name in _TEXTS},
        "fps": sequence.fps,
        "width": sequence.size[0],
        "height": sequence.size[1],
        "points": sequence.points.tolist(),
    }


def _item(row: Mapping[str, Any], layout: Layout, part: str) -> tuple[Clip, PoseSequence]:
    points = np.array(row["points"], np.float32).reshape(-1, len(layout), 3)
    texts: dict[str, Any] = {name: row[name] or "" for name in _TEXTS}
    split = part if part in ("train", "validation", "test") else ""
    return Clip(path="", split=split, **texts), PoseSequence(points, layout, row["fps"], (row["width"], row["height"]))


def _layout(folder: Path) -> Layout:
    file = folder / "landmarks.json"
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
        pairs = (tuple((a, b) for a, b in about[key]) for key in ("bones", "mirror"))
        layout = Layout(about["layout"], tuple(about["names"]), *pairs)
    except FileNotFoundError:
        if not folder.is_dir():
            raise ManifestError(f"{folder}: no such folder") from None
        raise ManifestError(f"{file}: not there, so nobody can say which landmarks these are") from None
    except (OSError, ValueError, KeyError, TypeError, LayoutError) as error:
        raise ManifestError(f"{file}: cannot be read: {error}") from error
    return next((known for known in LAYOUTS.values() if known == layout), layout)


def _readme(store: Store, name: str, counts: Mapping[str, int]) -> str:
    """The head that the library reads, and words for people."""
    licences = Counter(clip.licence or "not stated" for clip in store.clips)
    languages = sorted({clip.language for clip in store.clips if clip.language})
    files = "".join(f"\n  - split: {part}\n    path: data/{part}-*.parquet" for part in counts)
    spoken = "".join(f"\n- {code}" for code in languages)
    head = f"license: other\nconfigs:\n- config_name: default\n  data_files:{files}"
    if spoken:
        head += f"\nlanguage:{spoken}"
    words = [
        f"# {name}",
        "",
        f"{sum(counts.values())} clips of {len({clip.gloss for clip in store.clips})} signs as landmarks"
        f" ({store.layout.name}): " + ", ".join(f"{n} {part}" for part, n in counts.items()) + ".",
        "",
        "`points` is frames × landmarks × (x, y, z) in picture heights, NaN where not seen; `landmarks.json` names the"
        " landmarks. Licence of the clips: " + "; ".join(f"{one} ({n})" for one, n in licences.items()) + ".",
        "",
        "Landmarks are people's movements: pass them on only as they have agreed to.",
        "",
    ]
    return f"---\n{head}\n---\n\n" + "\n".join(words)
