"""Bench `curate`: the scraped metadata of four Libras dictionaries merged, against the same merge in plain pandas.

Each way is a process of its own that reads the four tables, brings labels to one form, takes numbers off, drops dead
links and repeats, counts sources and clips of each word, and writes a table of clips and one of words. Ours also tells
homographs apart, checks clips' names, and notes a reason for each dropped word. Both must keep the same words.
Processor time and peak memory of the whole process count, with all that it imports; the ways take turns.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from chereme.bench import BenchResult
from chereme.errors import CheremeError, ManifestError
from chereme.places import data_folder

__all__ = ["measure"]

ROUNDS = 7

OURS = """
from dataclasses import replace
from chereme.curate import curate, write_curated
from chereme.curate.config import Criteria, find_curate_recipe
config = find_curate_recipe("libras-scraped")
config = replace(config, criteria=Criteria(min_sources=3, min_videos=5, problems_count=True))
found = curate([tables], config)
write_curated(found, out)
words = [word.gloss for word in found.kept]
"""

PANDAS = r"""
import os
import pandas as pd
def read(name, label, number, **more):
    table = pd.read_csv(f"{tables}/{name}/metadata.csv", keep_default_na=False, dtype=str)
    table = table.loc[:, ~table.columns.duplicated()].assign(source=name, **more)
    label = table[label].str.normalize("NFC").str.strip()
    table["variant"] = label.str.extract(number, expand=False) if number else "0"
    label = label.str.replace(number, "", regex=True) if number else label
    table["gloss"] = label.str.casefold().str.replace(r"[\s_-]+", "_", regex=True).str.strip("_")
    return table
all_tables = [
    read("INES", "scraped_label", r"(?<=\D)(\d+)$"),
    read("SignBank", "scraped_label", r"(?:-(?=\d$)|(?<=[^\W\d_]{3}))(\d)$"),
    read("UFV", "label", ""),
    read("V-Librasil", "label", ""),
]
clips = pd.concat(all_tables, ignore_index=True)
clips = clips[~clips.gloss.isin(["selecione", ""])]
clips = clips.drop_duplicates(["source", "label", "scraped_label", "video_url", "signer_number", "acepção"])
alive = clips[clips.file_exists != "False"]
counts = alive.groupby("gloss").agg(sources=("source", "nunique"), clips=("gloss", "size"))
kept = counts[(counts.sources >= 3) & (counts.clips >= 5)]
os.makedirs(out, exist_ok=True)
clips.assign(kept=clips.gloss.isin(kept.index)).to_csv(f"{out}/clips.csv", index=False)
counts.assign(kept=counts.index.isin(kept.index)).to_csv(f"{out}/words.csv")
words = list(kept.index)
"""

_AROUND = """
import json, sys
tables, out = sys.argv[1:]
{code}
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, sorted(words)]))
"""


def measure(data: str | Path | None = None, rounds: int = ROUNDS) -> BenchResult:
    """Processor seconds and peak memory of a merge, ours ÷ pandas; the figure is the seconds'.

    Args:
        data: folder of the public data sets; needs `libras_dictionary_metadata`.
        rounds: of each way.

    Raises:
        ManifestError: the set is not there.
        CheremeError: the two ways do not keep the same words: the figure would mean nothing.
    """
    packed = data_folder(data) / "libras_dictionary_metadata" / "metadata.tar.xz"
    if not packed.is_file():
        raise ManifestError(f"{packed}: the set is not there; name the data sets' folder with --data")
    spent: dict[str, list[list[float]]] = {"ours": [], "pandas": []}
    words: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="chereme-bench-") as folder:
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        tables = next(path.parent.parent for path in Path(folder).rglob("INES/metadata.csv"))
        for _ in range(rounds):
            for way, code in (("ours", OURS), ("pandas", PANDAS)):
                *used, words[way] = _run(code, tables, Path(folder) / way)
                spent[way].append(used)
    if words["ours"] != words["pandas"]:
        differ = sorted(set(words["ours"]) ^ set(words["pandas"]))
        raise CheremeError(f"ours and pandas keep different words ({', '.join(differ[:5])}, …)")
    seconds, memory = ({way: median(one[i] for one in runs) for way, runs in spent.items()} for i in (0, 1))
    return BenchResult(
        name="curate",
        value=seconds["ours"],
        unit="processor seconds",
        peer="the same merge in plain pandas",
        peer_value=seconds["pandas"],
        ratio=seconds["ours"] / seconds["pandas"],
        n=rounds,
        details={
            "goal": 1.5,
            "memory_mib": round(memory["ours"], 1),
            "peer_memory_mib": round(memory["pandas"], 1),
            "memory_ratio": memory["ours"] / memory["pandas"],
            "words": len(words["ours"]),
        },
    )


def _run(code: str, tables: Path, out: Path) -> Any:
    """Processor seconds, peak memory in MiB, and the words kept."""
    command = [sys.executable, "-c", _AROUND.format(code=code), str(tables), str(out)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise CheremeError(f"a way of merging failed: {run.stderr.strip().splitlines()[-1]}")
    return json.loads(run.stdout.splitlines()[-1])
