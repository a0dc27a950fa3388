"""Fingerspelling: the letter or digit that a hand shows, and the word that a film of hands spells.

`Speller` answers for single hands; `chereme.spell.film` joins its answers over time.
"""

from chereme.spell.speller import DEFAULT_SPELLER, Spelled, Speller

__all__ = ["DEFAULT_SPELLER", "Spelled", "Speller"]
