"""Write the tables of recipes in docs/benchmarks.md from benchmarks/results (`make docs`).

A bench that has no record yet has no table. With --check nothing is written: exit 1 when the page is not what would
be written.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "benchmarks" / "results"
PLACE = re.compile(r"(<!-- recipes of (\S+) -->\n).*?(<!-- end of recipes -->)", re.DOTALL)

Record = Mapping[str, Any]


def table(name: str) -> str:
    """The recipes of one bench, best first, and below it what must be known to read it; empty without a record."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return ""
    record = json.loads(path.read_text(encoding="utf-8"))
    timed = "timed" in record
    cost = "CPU seconds a training | ms a clip" if timed else "CPU minutes a training"
    text = f"\n| recipe | top-1 (95 %) | top-5 (95 %) | parameters | {cost} | seeds |\n"
    text += f"|---|---|---|---:|---:|---:|{'---:|' * timed}\n"
    for row in record["rows"]:
        shown = f"**`{row['recipe']}`**, ours" if row["ours"] else f"`{row['recipe']}`"
        parameters = f"{row['parameters']:,}" if row["parameters"] else "none: it keeps the clips"
        scores = " | ".join(f"{row[key]:.3f} ({_ends(row[key + '_ci95'])})" for key in ("top1", "top5"))
        spent = f"{row['cpu_seconds']:,.0f} | {row['ms_per_clip']:.2f}" if timed else f"{row['cpu_minutes']:.1f}"
        text += f"| {shown} | {scores} | {parameters} | {spent} | {len(row['seeds'])} |\n"
    text += f"\n{_first(record['split'])}. {record['n']} test clips, drawn as {record['resampled']}."
    text += f" {_verdict(record)}\n"
    if timed:
        text += f"\nMs a clip: {record['timed']}.\n"
    for row in record["rows"]:
        if row["left_out"]:
            text += f"\n- `{row['recipe']}` without {row['left_out']}."
    text += "\n" if any(row["left_out"] for row in record["rows"]) else ""
    return f"{text}\n`chereme bench {name}`, {record['day']}, commit {record['commit'] or 'unknown'}.\n\n"


def _ends(interval: list[float]) -> str:
    low, high = interval
    return f"{low:.3f}–{high:.3f}"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verdict(record: Record) -> str:
    if "ahead" not in record:
        peers = ", ".join(f"{name} {top1:.3f}" for name, top1 in record["peers"].items())
        return f"Encoder: {record['encoder']}. On the same features: {peers}."
    ours = next(row["recipe"] for row in record["rows"] if row["ours"])
    best = next(row["recipe"] for row in record["rows"] if not row["ours"])
    difference, (low, high) = record["difference"], record["difference_ci95"]
    told = (
        "beyond what chance explains"
        if record["ahead"]
        else "**which chance may explain**"
        if difference > 0
        else "**so ours is not ahead**"
    )
    return f"`{ours}` less `{best}`, paired: {difference:+.3f} (95 % {low:+.3f} to {high:+.3f}), {told}."


def main() -> None:
    """Write the tables, or check them."""
    before = PAGE.read_text(encoding="utf-8")
    after, places = PLACE.subn(lambda place: f"{place[1]}{table(place[2])}{place[3]}", before)
    if not places:
        sys.exit(f"{PAGE}: the places for the tables are gone")
    if after != before and "--check" in sys.argv:
        sys.exit(f"{PAGE.name}: not what the records say; run `make docs`")
    if after != before:
        PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
