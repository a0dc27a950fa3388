"""Shared fixtures: small sequences made in sight, and the public data sets where they are present."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chereme.errors import CheremeError
from chereme.places import data_folder
from chereme.types import PoseSequence
from made_up import made_up_signer


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
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


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


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of three words whose weights were never trained: for tests of what stands around a model."""
    import torch

    from chereme.bundle import Calibration, Card
    from chereme.bundle.write import write_bundle
    from chereme.features import FeatureConfig, FeaturePlan
    from chereme.layout import BODY_HANDS_75
    from chereme.models import ModelConfig, build_recognizer
    from chereme.recipe import Recipe

    recipe = Recipe.from_text("[model]\nkind = 'conv-transformer'\nwidth = 16\nlayers = 1\nembedding = 16\n", "small")
    inputs = len(FeaturePlan(BODY_HANDS_75, recipe.stage("features", FeatureConfig)).names)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_recognizer(inputs, 3, recipe.stage("model", ModelConfig))
    card = Card("Three words", "Untrained.", ("made up",), "CC0", "open")
    folder = tmp_path_factory.mktemp("bundles") / "small"
    write_bundle(
        folder,
        model,
        recipe,
        labels=("casa", "pai", "água"),
        language="bzs",
        calibration=Calibration(temperature=1.5),
        card=card,
        scores={"split": "fair", "top1": 0.5, "top1_ci95": [0.2, 0.8], "n": 4},
        trained_on=["clip0"],
    )
    return folder


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine packed clips of a made-up signer under three words, four of them in the test part of split `fair`."""
    from chereme.dataset.store import pack
    from chereme.types import Clip

    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("stores") / "small"
    glosses = ("casa", "pai", "água")
    pack(
        ((Clip(f"clip{i}", "", glosses[i % 3], "bzs", f"s{i % 2}"), made_up_signer(20 + i, rng)) for i in range(9)),
        folder,
    )
    (folder / "splits").mkdir()
    parts = ["train"] * 5 + ["test"] * 4
    rows = "".join(f"clip{i},{part}\n" for i, part in enumerate(parts))
    (folder / "splits" / "fair.csv").write_text(f"id,split\n{rows}", encoding="utf-8")
    return folder
