"""`chereme export`: a bundle's ONNX model, proven equal to torch."""

from pathlib import Path

import click

from chereme.cli import print_json


@click.command(name="export")
@click.argument("bundle")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the files.  [default: exports/BUNDLE]")
@click.option(
    "--data", "store", type=click.Path(path_type=Path), help="Packed store to compare on.  [default: clips made up]"
)
@click.option("--clips", default=200, show_default=True, type=click.IntRange(min=1), help="Compare on so many at most.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(bundle: str, out: Path | None, store: Path | None, clips: int, as_json: bool) -> None:
    """Write the ONNX model of BUNDLE, a folder or the name of one that ships, from its torch weights.

    Both models answer the same clips; a difference of more than 0.0001 in any probability is an error.
    """
    from dataclasses import asdict

    from chereme.bundle import Bundle, find_bundle
    from chereme.dataset.store import Store
    from chereme.errors import MissingExtraError

    try:
        from chereme.export import export_bundle
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "exporting") from error
    loaded = Bundle.load(find_bundle(bundle))
    folder = out or Path("exports") / loaded.name
    parity = export_bundle(loaded, folder, None if store is None else Store.open(store), clips=clips)
    if as_json:
        print_json({**asdict(parity), "folder": str(folder)})
        return
    click.echo(f"{folder}/model.onnx: {len(loaded.labels)} words")
    click.echo(
        f"largest difference of a probability: {parity.largest_difference:.2g} ({parity.clips} clips, {parity.source})"
    )
    click.echo(f"same word: {parity.same_word} of {parity.clips} clips")
    click.echo(f"size: ONNX {parity.onnx_bytes / 1e6:.2f} MB, torch weights {parity.torch_bytes / 1e6:.2f} MB")
    click.echo(f"one clip on one thread: ONNX Runtime {parity.onnx_ms:.2f} ms, torch {parity.torch_ms:.2f} ms")
