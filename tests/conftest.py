"""Shared fixtures: small sequences made in sight, and the public data sets where they are present."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chereme.errors import CheremeError
from chereme.layout import BODY_HANDS_75
from chereme.places import data_folder
from chereme.types import PoseSequence


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the public data sets; a test that asks for it is marked `data` and skips without it."""
    try:
        return data_folder()
    except CheremeError as error:
        pytest.skip(f"public data sets are absent: {error}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say last how many of the tests that need the public data sets ran, and how many had to be skipped."""
    yield
    outcome = {
        result: sum("data" in getattr(report, "keywords", ()) for report in terminalreporter.stats.get(result, []))
        for result in ("passed", "failed", "skipped")
    }
    if any(outcome.values()):
        run = outcome["passed"] + outcome["failed"]
        hint = ": the public data sets are not here (docs/data.md)" if outcome["skipped"] and not run else ""
        terminalreporter.write_line(f"data tests: {run} run, {outcome['skipped']} skipped{hint}")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def signing(rng: np.random.Generator) -> PoseSequence:
    """Two seconds of a made-up signer in true proportions, both hands seen, in `body_hands_75` at 25 fps."""
    return made_up_signer(50, rng)


def made_up_signer(frames: int, rng: np.random.Generator, fps: float = 25.0) -> PoseSequence:
    """A torso with arms that swing and hands of plausible size: for tests that need sane geometry, not a sign."""
    layout = BODY_HANDS_75
    points = np.zeros((frames, 75, 3), np.float32)
    rest = {
        "nose": (0.89, 0.25), "left_eye_inner": (0.90, 0.23), "left_eye": (0.91, 0.23), "left_eye_outer": (0.92, 0.23),
        "right_eye_inner": (0.88, 0.23), "right_eye": (0.87, 0.23), "right_eye_outer": (0.86, 0.23),
        "left_ear": (0.94, 0.24), "right_ear": (0.84, 0.24), "mouth_left": (0.91, 0.28), "mouth_right": (0.87, 0.28),
        "left_shoulder": (1.02, 0.42), "right_shoulder": (0.76, 0.42), "left_elbow": (1.06, 0.64),
        "right_elbow": (0.72, 0.64), "left_wrist": (1.00, 0.60), "right_wrist": (0.78, 0.60),
        "left_hip": (0.97, 0.85), "right_hip": (0.81, 0.85),
    }  # fmt: skip
    for name, (x, y) in rest.items():
        points[:, layout.index(f"pose/{name}"), :2] = x, y
    for i, name in enumerate(layout.names[:33]):
        if name.removeprefix("pose/") not in rest:
            points[:, i, :2] = 0.89 + 0.01 * (i % 3), 0.95
    time = np.linspace(0, 2 * np.pi, frames)
    for side, x in (("left", 1.0), ("right", 0.78)):
        wrist = np.stack([x + 0.05 * np.sin(time), 0.55 + 0.08 * np.cos(time), 0 * time], -1)
        points[:, layout.index(f"pose/{side}_wrist")] = wrist
        hand = np.zeros((21, 3))
        for finger in range(5):
            for joint in range(4):
                hand[1 + 4 * finger + joint] = ((finger - 2) * 0.015, -0.03 - 0.015 * joint, -0.005 * joint)
        points[:, layout.groups[f"{side}_hand"]] = wrist[:, None] + hand
    points += rng.normal(0, 1e-4, points.shape).astype(np.float32)
    return PoseSequence(points, layout, fps, (1280, 720), np.ones((frames, 75), np.float32))
