"""Signs known by example: show one once, and it is found again, in any signed language."""

from chereme.lexicon.exchange import ExportReport, ImportReport, export_folder, import_folder
from chereme.lexicon.lexicon import Lexicon
from chereme.lexicon.packed import import_packed, pack
from chereme.lexicon.rank import LexiconPrediction, RankedSign, join, rank_signs
from chereme.lexicon.ships import find_lexicon, list_lexicons
from chereme.lexicon.sign import About, Entry, Hit, Sign

__all__ = [
    "About",
    "Entry",
    "ExportReport",
    "Hit",
    "ImportReport",
    "Lexicon",
    "LexiconPrediction",
    "RankedSign",
    "Sign",
    "export_folder",
    "find_lexicon",
    "import_folder",
    "import_packed",
    "join",
    "list_lexicons",
    "pack",
    "rank_signs",
]
