"""The recipe of a curation: where rows come from, how labels are read, which clips and words are good enough."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from chereme.errors import RecipeError
from chereme.recipe import Recipe, settings

__all__ = ["Checks", "Criteria", "CurateConfig", "SourceConfig", "find_curate_recipe"]

RECIPES = Path(__file__).parent / "recipes"
LISTS = Path(__file__).parent / "lists"
NUMBERS = ("none", "digits", "dash")


@dataclass(frozen=True)
class SourceConfig:
    """A source. One that `chereme collect` made needs only its name, and only where a default does not fit."""

    name: str
    """As `chereme collect` has it, or what to call it."""
    file: str = ""
    """A table (.csv) of another project, relative to what the command is given; empty: a collection's."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our name to the table's for each column that is taken over: `label`, `url`, `signer`, `category`, …"""
    language: str = ""
    """ISO 639-3, where the table does not say."""
    signer: str = ""
    """For sources with one signer, where the table does not say."""
    numbers: str = "none"
    """How a label numbers its signs: `digits` (ABRIR2), `dash` (ABRIR-2 or ABRIR2; L1 and BEN-10 are names), `none`."""
    unnumbered: str = "0"
    """The number of a sign whose label has none."""
    names: tuple[str, ...] = ()
    """Labels whose number belongs to the word."""
    url_holds_word: bool = False
    """The clip is named after its word: one named after another is flagged as another word's."""

    def __post_init__(self) -> None:
        if self.numbers not in NUMBERS:
            raise RecipeError(f"sources.numbers must be one of {', '.join(NUMBERS)}, got {self.numbers!r}")


@dataclass(frozen=True)
class Criteria:
    """Which words stay. They are asked in this order, and the first that a word fails is named as the reason."""

    dead_count: bool = False
    """Clips whose link is known to be dead count, too."""
    problems_count: bool = False
    """Clips with a problem that the checks found count, too."""
    reviewed: bool = False
    """Only clips that a person has chosen count; needs decisions."""
    variants: str = "all"
    """`all`: every clip counts; `one`: of each signer of each source one clip, that with the lowest number."""
    homographs: str = "keep"
    """`drop` leaves out words that a source defines in several ways, until a person has chosen."""
    words: tuple[str, ...] = ()
    """Lists of words (files, or `healthcare`, which ships); a word must be in one of them. Empty: any word."""
    without: tuple[str, ...] = ()
    """Lists of words to leave out."""
    min_sources: int = 1
    """Least number of sources that have a clip that counts."""
    min_videos: int = 1
    """Least number of clips that count."""
    max_videos: int = 0
    """Most of them; 0: any number."""

    def __post_init__(self) -> None:
        if self.variants not in ("all", "one"):
            raise RecipeError(f"criteria.variants must be all or one, got {self.variants!r}")
        if self.homographs not in ("keep", "drop"):
            raise RecipeError(f"criteria.homographs must be keep or drop, got {self.homographs!r}")
        if min(self.min_sources, self.min_videos) < 1 or self.max_videos < 0:
            raise RecipeError("criteria.min_sources and min_videos are at least 1, max_videos at least 0")


@dataclass(frozen=True)
class Checks:
    """When a film is good enough to learn from. What is 0 is not asked for."""

    min_fps: float = 10.0
    """Frames per second."""
    min_height: int = 140
    """Lines of the picture."""
    min_seconds: float = 0.6
    """A shorter film was probably cut."""
    max_seconds: float = 30.0
    """A longer one holds more than one sign."""
    people: int = 1
    """Faces in view."""
    min_hands: float = 0.25
    """Share of frames in which a hand is seen; looked up in the landmarks, where there are any."""


@dataclass(frozen=True)
class CurateConfig:
    """A whole recipe."""

    sources: tuple[SourceConfig, ...] = ()
    criteria: Criteria = field(default_factory=Criteria)
    checks: Checks = field(default_factory=Checks)

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> "CurateConfig":
        """Raises RecipeError on an unknown table or key, or a value out of range."""
        recipe.check_tables(("sources", "criteria", "checks"))
        tables = recipe.tables.get("sources", [])
        if not isinstance(tables, list):
            raise RecipeError(f"recipe {recipe.name}: write each source as [[sources]]")
        known = {source.name: source for source in KNOWN}
        sources = {}
        for table in tables:
            source = settings(SourceConfig, table, f"recipe {recipe.name}, [[sources]]")
            if source.name in known and not source.columns:
                source = replace(known[source.name], **{key: getattr(source, key) for key in table})
            sources[source.name] = source
        return cls(tuple(sources.values()), recipe.stage("criteria", Criteria), recipe.stage("checks", Checks))

    def source(self, name: str) -> SourceConfig:
        """How a source's labels are read: as the recipe says, else as we know the site."""
        known = {source.name: source for source in (*KNOWN, *self.sources)}
        return known.get(name, SourceConfig(name))


KNOWN = (
    SourceConfig("ines", numbers="digits", signer="1"),
    SourceConfig("signbank", numbers="dash", unnumbered="1"),
    SourceConfig("ufv", url_holds_word=True, signer="1"),
    SourceConfig("vlibrasil"),
)
"""What is known of the sites that `chereme collect` reads."""


def find_curate_recipe(name: str | Path | None) -> CurateConfig:
    """A recipe by its file's path or the name of one that ships; None: everything as it is by default.

    Raises:
        RecipeError: there is none, or it is not valid.
    """
    if name is None:
        return CurateConfig()
    path = Path(name)
    shipped = RECIPES / f"{name}.toml"
    if not path.is_file() and shipped.is_file():
        path = shipped
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(f"{name}: neither a recipe file nor one that ships for `chereme curate` ({known})")
    return CurateConfig.from_recipe(Recipe.from_file(path))


def list_path(name: str, beside: Path | None) -> Path:
    """The file of a list of words: one that ships, else a path, also relative to the folder `beside`.

    Raises:
        RecipeError: there is none.
    """
    shipped = LISTS / f"{name}.txt"
    tried = [shipped, Path(name), *([beside / name] if beside else [])]
    for path in tried:
        if path.is_file():
            return path
    known = ", ".join(sorted(p.stem for p in LISTS.glob("*.txt")))
    raise RecipeError(f"criteria: {name}: no such list of words; give a file, or one that ships: {known}")
