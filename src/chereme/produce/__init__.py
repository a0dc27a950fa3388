"""Words into signing: a gloss becomes a pose sequence."""

from chereme.produce.decoder import DEFAULT_DECODER, Decoder

__all__ = ["DEFAULT_DECODER", "Decoder"]
