"""chereme: sign-language video into words, and words into signing, for any signed language."""

__version__ = "0.1.0"
