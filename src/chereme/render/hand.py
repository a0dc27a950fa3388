"""What a drawn hand is made of, in numbers: which landmarks make its parts, and how thick they are."""

__all__ = ["FINGERS", "FINGER_RADII", "PALM_EDGES", "PALM_FACES", "PALM_INNER_EDGES", "PALM_THICKNESS"]

FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
FINGER_RADII = (
    0.20, 0.19, 0.15, 0.125, 0.10, 0.14, 0.115, 0.10, 0.085, 0.14, 0.12, 0.105, 0.088, 0.135, 0.115, 0.10, 0.085, 0.12,
    0.10, 0.088, 0.075,
)  # fmt: skip
"""Radius at each of a hand's 21 landmarks, in palm lengths."""
PALM_INNER_EDGES = ((0, 5), (0, 9), (0, 13))
PALM_EDGES = ((0, 1), (1, 5), (5, 9), (9, 13), (13, 17), (17, 0), *PALM_INNER_EDGES)
PALM_FACES = ((0, 1, 5), (0, 5, 9), (0, 9, 13), (0, 13, 17))
PALM_THICKNESS = 0.13
"""Half of it: the radius of the palm's edges, in palm lengths."""
