"""`chereme export`: a bundle's ONNX model, proven equal to torch; or a bundle out of a checkpoint."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.bundle import Bundle
    from chereme.export import Parity

CHECKPOINTS = (".pt", ".pth")


@click.command(name="export")
@click.argument("bundle")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the files.  [default: exports/BUNDLE]")
@click.option(
    "--data", "store", type=click.Path(path_type=Path), help="Packed store to compare on.  [default: clips made up]"
)
@click.option("--clips", default=200, show_default=True, type=click.IntRange(min=1), help="Compare on so many at most.")
@click.option("--language", help="Of a checkpoint's letters, ISO 639-3.  [default: ase]")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(bundle: str, out: Path | None, store: Path | None, clips: int, language: str | None, as_json: bool) -> None:
    """Write the ONNX model of BUNDLE, a folder or the name of one that ships, from its torch weights.

    Both models answer the same clips; a difference of more than 0.0001 in any probability is an error.

    Where BUNDLE is a checkpoint of the alphabet portal (.pt, .pth), make a bundle of it.
    """
    from dataclasses import asdict

    from chereme.bundle import Bundle, find_bundle, kind_of
    from chereme.dataset.store import Store
    from chereme.errors import MissingExtraError

    try:
        from chereme.export import export_bundle, prove_bundle
        from chereme.export.portal import convert_checkpoint
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "exporting") from error
    is_checkpoint = bundle.lower().endswith(CHECKPOINTS) and not Path(bundle).is_dir()
    if language is not None and not is_checkpoint:
        raise click.UsageError("--language is of a checkpoint; a bundle knows its own")
    opened = None if store is None else Store.open(store)
    shown: dict[str, object] = {}
    if is_checkpoint:
        folder = out or Path("exports") / Path(bundle).stem
        loaded = convert_checkpoint(bundle, folder, language=language or "ase")
        parity = prove_bundle(loaded, opened, clips=clips)
        shown = {"file": bundle, "labels": list(loaded.labels), "handshape": loaded.recipe.tables["handshape"]}
    else:
        found = find_bundle(bundle)
        loaded = Bundle.load(found, "speller" if kind_of(found) == "speller" else "recognizer")
        folder = out or Path("exports") / loaded.name
        parity = export_bundle(loaded, folder, opened, clips=clips)
    if as_json:
        print_json({**shown, **asdict(parity), "folder": str(folder)})
        return
    if is_checkpoint:
        hidden = ", ".join(map(str, loaded.recipe.tables["handshape"]["hidden"]))
        kind = loaded.recipe.tables["handshape"]["kind"]
        click.echo(
            f"{folder}: a bundle of {bundle}, {kind} with hidden layers of {hidden}; measure it before trusting it"
        )
    _tell(loaded, parity, folder)


def _tell(bundle: "Bundle", parity: "Parity", folder: Path) -> None:
    label, clip = ("letter", "hand") if bundle.kind == "speller" else ("word", "clip")
    click.echo(f"{folder}/model.onnx: {len(bundle.labels)} {label}s")
    compared = f"{parity.clips} {clip}s, {parity.source}"
    click.echo(f"largest difference of a probability: {parity.largest_difference:.2g} ({compared})")
    click.echo(f"same {label}: {parity.same_word} of {parity.clips} {clip}s")
    click.echo(f"size: ONNX {parity.onnx_bytes / 1e6:.2f} MB, torch weights {parity.torch_bytes / 1e6:.2f} MB")
    click.echo(f"one {clip} on one thread: ONNX Runtime {parity.onnx_ms:.3f} ms, torch {parity.torch_ms:.3f} ms")
