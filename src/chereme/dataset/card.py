"""The card of a data set: what is in it, whose it is, what its people agreed to, and what an audit says of it."""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomli_w

from chereme.dataset.audit import Audit, audit
from chereme.dataset.plots import MOST, plot_stats
from chereme.dataset.stats import Row, Stats, stats
from chereme.dataset.store import Store
from chereme.errors import ManifestError
from chereme.files import write_beside
from chereme.recipe import settings

__all__ = ["ABOUT", "CardAbout", "Written", "read_about", "write_card"]

ABOUT = "about.toml"
"""What only people can say; written with empty fields the first time, and never overwritten."""
NOT_SAID = "**Not stated.**"


@dataclass(frozen=True)
class CardAbout:
    """What only people can say of a data set; empty: nobody has yet."""

    title: str = ""
    summary: str = ""
    """What it is for, and how it came about."""
    languages: str = ""
    """Signed languages, in words; codes are counted from the clips."""
    licence: str = ""
    """Under which it may be used and passed on; and of the films, where theirs differs."""
    consent: str = ""
    """What the people shown agreed to: to be recorded, to be published, for which uses; how they can take it back."""
    signers: str = ""
    """Who signs: deaf, hearing, learners; ages, regions, dominant hands, as far as they agreed to its being told."""
    collection: str = ""
    """Where, when, with which cameras; who labelled it, and how that was checked."""
    uses: str = ""
    """For which it is meant, and for which it is not."""
    limits: str = ""
    """What is wrong with it, as far as it is known."""
    contact: str = ""
    citation: str = ""


_NAMES = {
    "summary": "What it is",
    "licence": "Licence",
    "consent": "Consent",
    "signers": "Who signs",
    "collection": "How it was made",
    "uses": "Uses",
    "limits": "Known limits",
    "contact": "Contact",
    "citation": "How to cite",
}
_NEEDED = ("licence", "consent")


@dataclass(frozen=True)
class Written:
    """What was written, and what is still to be said."""

    files: list[Path]
    missing: list[str]
    """Of licence and consent, what nobody has stated; without them a set of people's pictures cannot be passed on."""
    audit: Audit


def read_about(path: Path) -> CardAbout:
    """What people said of a data set.

    Raises:
        ManifestError: no such file, or not TOML.
        RecipeError: an unknown field (with the nearest known one), or one that is no text.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return settings(CardAbout, told, str(path))


def write_card(
    store: Store, folder: Path, about: CardAbout | None = None, splits: Mapping[str, Mapping[str, str]] | None = None
) -> Written:
    """Write `README.md` with plots, `card.json` with all tables, and `about.toml` to be filled in by people.

    Args:
        store: packed clips.
        folder: made if it is not there; a card that stands in it is replaced.
        about: None: what `about.toml` there says, if there is one.
        splits: those that are audited; None: all of the store.

    Raises:
        ManifestError, RecipeError: `about.toml` cannot be read.
        SplitError: a split of the store is damaged.
    """
    own = folder / ABOUT
    if about is None:
        about = read_about(own) if own.is_file() else CardAbout()
    if splits is None:
        splits = {name: store.split(name) for name in store.split_names()}
    found, audited = stats(store), audit(store, splits)
    plots = plot_stats(store, found, folder)
    licences = Counter(clip.licence or "not stated" for clip in store.clips)
    parts: list[Row] = [{"split": name, **Counter(given.values())} for name, given in splits.items()]
    told = {
        "about": asdict(about),
        "licences": dict(licences),
        "splits": parts,
        **found.as_json(),
        "audit": audited.as_json(),
    }
    _write(folder / "README.md", _page(store, about, licences, parts, found, audited, [plot.name for plot in plots]))
    _write(folder / "card.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    files = [folder / "README.md", folder / "card.json", *plots]
    if not own.exists():
        _write(own, _to_fill_in(about))
        files.append(own)
    known = set(licences) - {"not stated"}
    missing = [name for name in _NEEDED if not getattr(about, name) and not (name == "licence" and known)]
    return Written(files, missing, audited)


def _write(path: Path, text: str) -> None:
    with write_beside(path) as part:
        part.write_text(text, encoding="utf-8")


def _to_fill_in(about: CardAbout) -> str:
    head = "# What only people can say of this data set. Fill it in and run `chereme dataset card` again.\n"
    return head + tomli_w.dumps(asdict(about), multiline_strings=True)


def _page(
    store: Store,
    about: CardAbout,
    licences: Mapping[str, int],
    parts: Sequence[Row],
    found: Stats,
    audited: Audit,
    plots: Sequence[str],
) -> str:
    shown = {Path(name).stem: f"![{Path(name).stem}]({name})" for name in plots}
    totals = found.totals
    lines = [f"# {about.title or store.folder.name}", ""]
    lines += [
        f"{totals['clips']} clips of {totals['classes']} signs by {totals['signers'] or 'unnamed'} signers,"
        f" {totals['hours']:g} hours. Landmarks only ({totals['layout']});"
        f" language: {about.languages or totals['languages'] or 'not stated'}."
    ]
    for name, heading in _NAMES.items():
        said = getattr(about, name)
        if name == "licence" and set(licences) != {"not stated"}:
            said += "\n\n" + _table([{"licence": one, "clips": n} for one, n in sorted(licences.items())])
        said = said or (NOT_SAID if name in _NEEDED else "")
        if said:
            lines += ["", f"## {heading}", "", said.strip()]
    if not about.consent:
        lines += ["", "Landmarks are people's movements: do not pass this set on before their consent is stated."]
    lines += ["", "## Numbers", "", _table([found.totals]), "", "Seconds of a clip:", "", _table([found.seconds])]
    lines += ["", "Share of all frames in which nothing of a group was seen:", "", _table([found.missing])]
    tables = {"classes": found.classes, "signers": found.signers, "sources": found.sources}
    for name, heading in (("classes", "Signs"), ("signers", "Signers"), ("sources", "Sources")):
        if not tables[name]:
            lines += ["", f"## {heading}", "", NOT_SAID]
            continue
        lines += ["", f"## {heading}", "", shown[name]]
        if name == "signers" and "missing-by-signer" in shown:
            lines += [shown["missing-by-signer"]]
        lines += ["", _folded(tables[name], f"{len(tables[name])} {heading.lower()}")]
    lines += ["", "## Films", "", shown["durations"], shown["rates"], shown["sizes"]]
    lines += ["", "## Hands not seen", "", shown["missing"]]
    if parts:
        columns = ("split", "train", "validation", "test")
        lines += ["", "## Splits", "", _table([{c: row.get(c, 0) for c in columns} for row in parts])]
    lines += ["", "## Audit", "", "`chereme dataset audit` looks for what would make a score untrue.", ""]
    lines += ["Nothing was found." if audited.clean else "Found:", "", "```text", audited.as_text(), "```", ""]
    return "\n".join(lines)


def _folded(rows: Sequence[Row], summary: str) -> str:
    """A table; a long one opens when it is asked for."""
    if len(rows) <= MOST:
        return _table(rows)
    return f"<details><summary>{summary}</summary>\n\n{_table(rows)}\n\n</details>"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(_cell(value) for value in row.values()) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
