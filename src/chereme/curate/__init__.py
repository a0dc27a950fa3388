"""Collected sources to one table of clips and words: same labels joined, signs told apart, criteria with reasons.

The steps: rows of each source (`rows`), one label for one word and one number for one sign (`labels`, `senses`), what
people decided (`decisions`), what the films show (`look`, `alike`), which words stay and why not others (`criteria`).
"""

from chereme.curate.config import CurateConfig
from chereme.curate.job import Curated, curate, write_curated

__all__ = ["CurateConfig", "Curated", "curate", "write_curated"]
