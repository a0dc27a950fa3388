"""Bench `collect-replica`: 5,000 entries of a replica site, the crawl killed three times with SIGKILL and begun again.

What counts is entries lost (never kept), and pages that were fetched again although all that they told of had been
kept when the crawl was killed. The peer is a plain Scrapy spider with a JOBDIR and a feed of JSON lines, the way in
which Scrapy's own pages say that crawls are paused and resumed; it is killed at the same places. Both ask a server on
localhost without pauses; ours one page at a time, the peer with Scrapy's own settings.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chereme.bench import BenchResult, collect_peer
from chereme.bench.replica import Replica, served
from chereme.bench.replica_pages import vlibrasil
from chereme.collect.state import State
from chereme.errors import CheremeError

__all__ = ["Tally", "measure"]

ENTRIES = 5000
KILLS = (0.25, 0.5, 0.75)
"""At which shares of the pages."""
_LONGEST = 900.0
"""Seconds that one way may take."""


@dataclass(frozen=True)
class Tally:
    """What became of a crawl."""

    entries: int
    """Different ones, in the end."""
    lost: int
    twice: int
    """Pages fetched again although they were kept."""
    repeated: int
    """Lines of entries that were written more than once."""
    seconds: float


def measure(data: str | Path | None = None, entries: int = ENTRIES) -> BenchResult:
    """Entries lost and pages fetched twice, beside a plain spider's.

    Args:
        data: not read: the site is made up.
        entries: of the site.

    Raises:
        CheremeError: a crawl does not come to its end.
    """
    del data
    signs = -(-entries // 3)
    words = {n: f"Palavra {n}" for n in range(1, signs + 1)}

    def signers(sign: int) -> str:
        return "312"[: 3 - (3 * signs - entries)] if sign == signs else "312"  # the last sign has fewer clips

    expected = {(n, signer) for n in words for signer in signers(n)}
    found = {}
    for way, (command, kept) in {"ours": (_ours, _kept_of_ours), "peer": (_peer, _kept_of_peer)}.items():
        with (
            tempfile.TemporaryDirectory(prefix="chereme-bench-") as folder,
            served(vlibrasil(words, 50, signers)) as replica,
        ):
            found[way] = _crawl(replica, command(replica.address, Path(folder)), lambda: kept(Path(folder)), expected)  # noqa: B023
    ours, peer = found["ours"], found["peer"]
    return BenchResult(
        name="collect-replica",
        value=ours.lost + ours.twice,
        unit="entries lost or pages fetched again",
        peer="a plain Scrapy spider with JOBDIR and a feed, killed likewise",
        peer_value=peer.lost + peer.twice,
        ratio=(ours.lost + ours.twice) / max(1, peer.lost + peer.twice),
        n=len(expected),
        details={
            "goal": 0,
            "kills": len(KILLS),
            "lost": ours.lost,
            "twice": ours.twice,
            "entries": ours.entries,
            "seconds": round(ours.seconds, 1),
            "peer_lost": peer.lost,
            "peer_twice": peer.twice,
            "peer_lines_written_again": peer.repeated,
            "peer_seconds": round(peer.seconds, 1),
        },
    )


Kept = list[tuple[int, str]]
"""Sign and signer of each entry, as often as it was written."""


def _crawl(replica: Replica, command: Sequence[str], kept: Callable[[], Kept], expected: set[tuple[int, str]]) -> Tally:
    """Run a crawl, kill it at the places set, and let it come to its end."""
    begun, twice = time.monotonic(), 0
    pages = len({sign for sign, _ in expected})
    for share in (*KILLS, None):
        already = kept()
        whole = {sign for sign, _ in already}
        asked = len(replica.asked)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if time.monotonic() - begun > _LONGEST:
                process.kill()
                raise CheremeError(f"the crawl has not ended after {_LONGEST:.0f} s: {' '.join(command)}")
            if share is not None and sum("/sign/" in path for _, _, path in replica.asked) >= share * pages:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.02)
        process.wait()
        again = [int(path.rpartition("/")[2]) for _, _, path in replica.asked[asked:] if "/sign/" in path]
        twice += sum(sign in whole for sign in again)
    lines = kept()
    return Tally(
        entries=len(set(lines)),
        lost=len(expected - set(lines)),
        twice=twice,
        repeated=len(lines) - len(set(lines)),
        seconds=time.monotonic() - begun,
    )


def _ours(address: str, folder: Path) -> list[str]:
    quick = ["--contact", "bench@example.org", "--delay", "0", "--json"]
    return [sys.executable, "-m", "chereme", "collect", "vlibrasil", "-o", str(folder), "--root", address, *quick]


def _kept_of_ours(folder: Path) -> Kept:
    with State(folder) as state:
        return [(int(k.entry.page_url.rpartition("/")[2]), k.entry.signer) for k in state.kept()]


def _peer(address: str, folder: Path) -> list[str]:
    places = ["-s", f"JOBDIR={folder / 'job'}", "-o", str(folder / "words.jsonl"), "-a", f"root={address}"]
    return [sys.executable, "-m", "scrapy", "runspider", collect_peer.__file__, *places]


def _kept_of_peer(folder: Path) -> Kept:
    """Whole lines of its feed."""
    try:
        lines = (folder / "words.jsonl").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # cut short by the kill
        found.append((int(entry["page"].rpartition("/")[2]), entry["signer"]))
    return found
