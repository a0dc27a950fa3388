"""Lexicons that ship with chereme: found by name as bundles are, and never changed."""

from pathlib import Path

from chereme.places import LEXICONS

__all__ = ["find_lexicon", "list_lexicons", "ships"]


def find_lexicon(where: str | Path) -> Path:
    """The file of a lexicon: where it says, else of one that ships by that name; a path wins over a name."""
    path = Path(where)
    return LEXICONS / f"{where}.sqlite" if not path.exists() and str(where) in list_lexicons() else path


def list_lexicons() -> list[str]:
    """Names of the lexicons that ship."""
    return sorted(path.stem for path in LEXICONS.glob("[!.]*.sqlite"))


def ships(path: Path) -> bool:
    """Whether a file is one of the lexicons that ship."""
    return path.parent.resolve() == LEXICONS.resolve() and path.is_file()
