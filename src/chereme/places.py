"""Where data sets and bundled models are found."""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from chereme.errors import ManifestError

__all__ = ["BUNDLES", "LEXICONS", "RECIPES", "cache_folder", "data_folder", "user_folder"]

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


def user_folder() -> Path:
    """Where this user's own files are kept, by the custom of the system; it may not be there yet."""
    return user_data_path("chereme", appauthor=False)


def cache_folder() -> Path:
    """Where what can be made again is kept for this user; it may not be there yet."""
    return user_cache_path("chereme", appauthor=False)
