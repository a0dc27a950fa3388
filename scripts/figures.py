"""Write the tables of figures in README.md and docs/bench.md from benchmarks/results (`make docs`).

README.md has one or two figures of each part of chereme, missed goals as well as met ones; docs/bench.md has all.

With --check nothing is written: exit 1 when a page is not what would be written.
"""

import json
import re
import sys
from functools import partial
from pathlib import Path

from figure_running import RUNNING
from figure_scores import SCORES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "bench.md")
HEADLINES = frozenset(
    "acc-isl43 acc-isl30 acc-wlasl1700 one-shot one-shot-cross asl24 unknown acc-letters-cross produce-isl43 loop"
    " join-dgs audit infer-torch cold web-parity web-fps".split()
)
"""Benches whose figures README.md has: those that tell somebody new what to expect."""
PLACE = re.compile(r"(<!-- figures -->\n).*(<!-- end of figures -->)", re.DOTALL)


def table(page: Path) -> str:
    """One row per figure of a page that has a record; says of each whether its goal was met."""
    text = "| what | ours | peer, same run | ratio or score | goal | command |\n|---|---|---|---|---|---|\n"
    for row in (*SCORES, *RUNNING):
        path = ROOT / "benchmarks" / "results" / f"{row.bench}.json"
        if not path.exists() or (page == README and row.bench not in HEADLINES):
            continue
        record = json.loads(path.read_text(encoding="utf-8"))
        value, goal = row.found(record), row.goal.text
        verdict = goal if row.goal.met(value) else f"{goal}, **missed**"
        text += f"| {row.what} | {row.ours(record)} | {row.peer(record)} | {value:.2f} | {verdict} |"
        text += f" `chereme bench {row.bench}` |\n"
    return text


def _with_table(rows: str, place: re.Match[str]) -> str:
    return f"{place[1]}\n{rows}\n{place[2]}"


def main() -> None:
    """Write the tables, or check them."""
    stale = []
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after, places = PLACE.subn(partial(_with_table, table(page)), before)
        if places != 1:
            sys.exit(f"{page}: the place for the figures is gone")
        if after != before:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(after, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)}: not what the records say; run `make docs`")


if __name__ == "__main__":
    main()
