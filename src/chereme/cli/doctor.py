"""`chereme doctor`: what is installed, which bundles and lexicons there are, what is missing."""

import re
import sys
import textwrap
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json
from chereme.cli._signs import card_of, count, told_use


@click.command(name="doctor")
@click.argument("bundles", nargs=-1, type=click.Path(path_type=Path), metavar="[BUNDLE]...")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(bundles: tuple[Path, ...], as_json: bool) -> None:
    """List packages, bundles, lexicons and data, and say what is missing and how to get it.

    The bundles and lexicons that ship are listed, and each BUNDLE folder that is named. The exit code is 1 when a
    package of the base install is missing or a bundle or lexicon cannot be used.
    """
    import platform

    from chereme import __version__
    from chereme.bundle import list_bundles
    from chereme.errors import CheremeError
    from chereme.lexicon import list_lexicons
    from chereme.places import data_folder

    try:
        data: str | None = str(data_folder())
    except CheremeError:
        data = None
    packages = _packages()
    ship = [folder for kind in ("recognizer", "speller", "decoder") for folder in list_bundles(kind)]
    listed = [_described(folder) for folder in [*ship, *bundles]]
    lexicons = [_lexicon(name) for name in list_lexicons()]
    found = {
        "chereme": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages,
        "torch": find_spec("torch") is not None,
        "bundles": listed,
        "lexicons": lexicons,
        "data": data,
    }
    if as_json:
        print_json(found)
    else:
        click.echo(_text(found))
    if None in packages.get("base", {}).values() or any("error" in one for one in [*listed, *lexicons]):
        sys.exit(1)


def _packages() -> dict[str, dict[str, str | None]]:
    """Extra (or `base`) to the packages it asks for and their versions; None where one is not installed."""
    try:
        asked = metadata.requires("chereme") or []
    except metadata.PackageNotFoundError:  # run from a folder of sources
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for line in asked:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", line)
        assert name is not None
        found.setdefault(extra.group(1) if extra else "base", {})[name.group()] = _version(name.group())
    return found


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _described(folder: Path) -> dict[str, Any]:
    from chereme.bundle import kind_of
    from chereme.errors import CheremeError

    try:
        kind = kind_of(folder)
        return _decoder(folder) if kind == "decoder" else _classifier(folder, kind)
    except CheremeError as error:
        return {"folder": str(folder), "error": str(error)}


def _classifier(folder: Path, kind: str) -> dict[str, Any]:
    """A recognizer or speller; what is neither is refused as no recognizer."""
    from chereme.bundle import Bundle

    bundle = Bundle.load(folder, "speller" if kind == "speller" else "recognizer")
    return {
        "folder": str(folder),
        "kind": bundle.kind,
        "name": bundle.name,
        "title": bundle.card.title,
        "use": bundle.card.use,
        "data": list(bundle.card.data),
        "language": bundle.language,
        "labels": len(bundle.labels),
        "layout": bundle.layout.name,
        "scores": dict(bundle.scores),
    }


def _decoder(folder: Path) -> dict[str, Any]:
    from chereme.produce.decoder import Decoder

    decoder = Decoder.load(folder)
    card = decoder.about["card"]
    return {
        "folder": str(folder),
        "kind": "decoder",
        "name": folder.name,
        "title": card["title"],
        "use": card["use"],
        "data": card["data"],
        "language": decoder.about["language"],
        "labels": len(decoder.glosses),
        "layout": decoder.about["layout"],
        "scores": {},
    }


def _lexicon(name: str) -> dict[str, Any]:
    """A lexicon that ships; one whose embeddings are not of the bundle that is here cannot be used."""
    from chereme.errors import CheremeError
    from chereme.lexicon import Lexicon

    try:
        with Lexicon.open(name) as lexicon:
            found = card_of(lexicon)
            lexicon.prepare()
            return {"lexicon": name, "error": f"{name}: {lexicon.remarks[0]}"} if lexicon.remarks else found
    except CheremeError as error:
        return {"lexicon": name, "error": str(error)}


def _text(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"chereme {found['chereme']}, Python {found['python']}, {found['platform']}", "", "Packages"]
    for extra, packages in found["packages"].items():
        missing = [name for name, version in packages.items() if version is None]
        there = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
        lines += textwrap.wrap(f"{extra}: {there or 'none'}", 100, initial_indent="  ", subsequent_indent="    ")
        if missing:
            what = "chereme" if extra == "base" else f"chereme[{extra}]"
            lines.append(f"    missing: {', '.join(missing)}; pip install '{what}'")
    if not found["packages"]:
        lines.append("  chereme runs from its sources and is not installed: pip install -e .")
    without = "" if found["torch"] else ", and is not here"
    lines += [f"  torch is needed only to train and export{without}", "", "Bundles"]
    for bundle in found["bundles"]:
        lines += _bundle_lines(bundle)
    if not found["bundles"]:
        lines.append("  none that ship; train one: chereme train")
    lines += ["", "Lexicons"]
    for lexicon in found["lexicons"]:
        lines += _lexicon_lines(lexicon)
    if not found["lexicons"]:
        lines.append("  none that ship; show signs: chereme lexicon add")
    return "\n".join([*lines, "", f"Public data sets: {found['data'] or 'not found (docs/data.md)'}"])


def _bundle_lines(bundle: dict[str, Any]) -> list[str]:
    if "error" in bundle:
        return [f"  cannot be used: {bundle['error']}"]
    lines = [
        f"  {bundle['name']} ({bundle['kind']}): {bundle['title']}",
        f"    {bundle['labels']} {'letters' if bundle['kind'] == 'speller' else 'words'},"
        f" language {bundle['language'] or 'not stated'}, landmarks {bundle['layout']}",
        f"    use: {told_use(bundle['use'])}; trained on {', '.join(bundle['data'])}",
    ]
    scores = ", ".join(f"{key} {_shown(value)}" for key, value in bundle["scores"].items())
    return [*lines, f"    scores: {scores}"] if scores else lines


def _lexicon_lines(lexicon: dict[str, Any]) -> list[str]:
    if "error" in lexicon:
        return [f"  cannot be used: {lexicon['error']}"]
    return [
        f"  {lexicon['lexicon']}: {lexicon['title']}",
        f"    {count(lexicon['signs'], 'sign')}, {count(lexicon['examples'], 'example')}, language"
        f" {', '.join(lexicon['languages']) or 'not stated'}, looked up with the bundle {lexicon['bundle']}",
        f"    use: {told_use(lexicon['use'])}; made from {', '.join(lexicon['data'])}",
    ]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"({', '.join(f'{k} {_shown(v)}' for k, v in value.items())})"
    return str(value)
