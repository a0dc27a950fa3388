"""What is in a data set: classes, signers, frame rates, durations, and how often hands are missing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.store import Store
from chereme.types import Clip

__all__ = ["Stats", "stats", "unseen_frames"]

Row = dict[str, Any]
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Stats:
    """Tables of a data set, each a list of rows."""

    totals: Row
    classes: list[Row]
    """Per gloss: clips, signers, sources, median seconds, and per landmark group the share of frames without it."""
    signers: list[Row]
    sources: list[Row]
    rates: list[Row]
    """Per frame rate, the number of clips."""
    sizes: list[Row]
    """Per width and height of the source's pictures, in pixels, the number of clips; most clips first."""
    seconds: Row
    """Shortest, quartiles, longest clip."""
    missing: Row
    """Per landmark group, the share of all frames in which none of it was seen."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def as_text(self, rows: int = 50) -> str:
        """For people: all tables, long ones cut after `rows`."""
        return "\n\n".join(
            [
                _table("data set", [self.totals], rows),
                _table("duration in seconds", [self.seconds], rows),
                _table("share of frames in which the group is not seen", [self.missing], rows),
                _table("frames per second", self.rates, rows),
                _table("size of the pictures", self.sizes, rows),
                _table("signers", self.signers, rows),
                _table("sources", self.sources, rows),
                _table("classes", self.classes, rows),
            ]
        )


def stats(store: Store) -> Stats:
    """Count and measure a packed data set."""
    seconds = store.lengths / store.fps
    unseen = {group: unseen_frames(store, at) for group, at in store.layout.groups.items()}
    places = _places(store.clips, "gloss")
    return Stats(
        totals={
            "clips": len(store),
            "classes": len(places),
            "signers": len({c.signer for c in store.clips if c.signer}),
            "sources": len({c.source for c in store.clips if c.source}),
            "languages": ", ".join(sorted({c.language for c in store.clips if c.language})),
            "layout": store.layout.name,
            "frames": int(store.offsets[-1]),
            "hours": round(float(seconds.sum()) / 3600, 3),
            "clips without any hand": int(_without_hand(store, unseen)),
        },
        classes=[
            {
                "gloss": gloss,
                "clips": len(at),
                "signers": len({store.clips[i].signer for i in at} - {""}),
                "sources": len({store.clips[i].source for i in at} - {""}),
                "median s": round(float(np.median(seconds[at])), 2),
                **_shares(store, unseen, at),
            }
            for gloss, at in sorted(places.items())
        ],
        signers=_counted(store, "signer", unseen),
        sources=_counted(store, "source", unseen),
        rates=[
            {"fps": rate, "clips": count}
            for rate, count in sorted(Counter(np.round(store.fps.astype(float), 3).tolist()).items())
        ],
        sizes=[
            {"width": width, "height": height, "clips": count}
            for (width, height), count in Counter(map(tuple, store.sizes.tolist())).most_common()
        ],
        seconds={
            name: round(float(value), 2)
            for name, value in zip(
                ("shortest", "5 %", "median", "95 %", "longest"),
                np.percentile(seconds, [0, 5, 50, 95, 100]),
                strict=True,
            )
        },
        missing=_shares(store, unseen, np.arange(len(store))),
    )


def unseen_frames(store: Store, group: slice) -> NDArray[np.int64]:
    """(N,) frames of each clip in which no landmark of the group was seen."""
    unseen = np.empty(len(store.points), np.int64)
    for start in range(0, len(unseen), _BLOCK):
        unseen[start : start + _BLOCK] = np.isnan(store.points[start : start + _BLOCK, group, 0]).all(1)
    counts: NDArray[np.int64] = np.add.reduceat(unseen, store.offsets[:-1])
    return counts


def _without_hand(store: Store, unseen: Mapping[str, NDArray[np.int64]]) -> int:
    hands = [count for group, count in unseen.items() if "hand" in group]
    return int(np.all([count == store.lengths for count in hands], axis=0).sum()) if hands else 0


def _shares(store: Store, unseen: Mapping[str, NDArray[np.int64]], at: Any) -> Row:
    frames = store.lengths[at].sum()
    return {f"no {group}": round(float(count[at].sum() / frames), 3) for group, count in unseen.items()}


def _places(clips: Sequence[Clip], column: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for i, clip in enumerate(clips):
        found[getattr(clip, column)].append(i)
    return found


def _counted(store: Store, column: str, unseen: Mapping[str, NDArray[np.int64]]) -> list[Row]:
    return [
        {
            column: value,
            "clips": len(at),
            "classes": len({store.clips[i].gloss for i in at}),
            **_shares(store, unseen, at),
        }
        for value, at in sorted(_places(store.clips, column).items())
        if value
    ]


def _table(title: str, table: Sequence[Row], rows: int) -> str:
    if not table:
        return f"{title}: not known"
    lines = [list(table[0]), *([str(v) for v in row.values()] for row in table[:rows])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text: Iterable[str] = ("  ".join(v.ljust(w) for v, w in zip(line, widths, strict=True)).rstrip() for line in lines)
    more = [f"… and {len(table) - rows} more (all with --json)"] if len(table) > rows else []
    return "\n".join([title, *(f"  {line}" for line in text), *(f"  {line}" for line in more)])
