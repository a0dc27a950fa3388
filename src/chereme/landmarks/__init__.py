"""Video and pictures to landmarks: decode, look frame by frame, bring to a constant rate.

`extract_clip` is one file, `extract_folder` many at once in several processes. An engine is anything that
follows `Extractor`; the default is MediaPipe Holistic with the models of its wheel, offline.
"""

from chereme.landmarks.clip import extract_clip, extract_frames
from chereme.landmarks.extractor import EXTRACTED_LAYOUTS, ExtractConfig, Extractor, open_extractor

__all__ = ["EXTRACTED_LAYOUTS", "ExtractConfig", "Extractor", "extract_clip", "extract_frames", "open_extractor"]
