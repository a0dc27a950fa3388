"""Where data sets and bundled models are found."""

import os
from pathlib import Path

from chereme.errors import ManifestError

__all__ = ["BUNDLES", "LEXICONS", "RECIPES", "data_folder"]

BUNDLES = Path(__file__).parent / "bundles"
"""Bundles that ship with the package, a folder each."""
LEXICONS = Path(__file__).parent / "lexicons"
"""Lexicons that ship with the package, an SQLite file each."""
RECIPES = Path(__file__).parent / "recipes"
"""Recipes that ship with the package, a TOML file each."""


def data_folder(given: str | Path | None = None) -> Path:
    """The folder that holds the public data sets: `given`, else `$CHEREME_DATA`, else `../shared/data` beside the repo.

    Raises:
        ManifestError: none of them is a folder.
    """
    beside_repo = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(given or os.environ.get("CHEREME_DATA") or beside_repo)
    if not folder.is_dir():
        raise ManifestError(f"{folder}: no such folder; name the data sets' folder with --data or $CHEREME_DATA")
    return folder
