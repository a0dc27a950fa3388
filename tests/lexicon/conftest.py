"""Small lexicons of made-up clips, and encoders that were never trained: what they tell apart means nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from chereme.lexicon import Lexicon, Sign
from chereme.lexicon.rows import NewEntry, insert_entry
from chereme.recognize import Recognizer
from chereme.types import PoseSequence
from made_up import made_up_signer


@pytest.fixture(scope="session")
def encoder(small_bundle: Path) -> Recognizer:
    return Recognizer.load(small_bundle)


@pytest.fixture(scope="session")
def other_bundle(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same words and shape, other weights: another space."""
    import torch

    from chereme.bundle import Bundle
    from chereme.bundle.write import load_model, write_bundle

    bundle = Bundle.load(small_bundle)
    model = load_model(bundle)
    with torch.random.fork_rng():
        torch.manual_seed(9)
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.3)
    folder = tmp_path_factory.mktemp("bundles") / "other"
    write_bundle(
        folder,
        model,
        bundle.recipe,
        labels=bundle.labels,
        language="bzs",
        calibration=bundle.calibration,
        card=bundle.card,
        scores={},
        trained_on=(),
    )
    return folder


@pytest.fixture(scope="session")
def other_encoder(other_bundle: Path) -> Recognizer:
    return Recognizer.load(other_bundle)


@pytest.fixture
def lexicon(encoder: Recognizer, tmp_path: Path) -> Iterator[Lexicon]:
    """An empty one."""
    with Lexicon.open(tmp_path / "signs.sqlite", encoder, create=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def clips() -> list[PoseSequence]:
    """Six clips, each its own."""
    return [made_up_signer(12 + i, np.random.default_rng(i)) for i in range(6)]


@pytest.fixture
def keep() -> Callable[..., int]:
    """Puts an embedding into a lexicon as an entry without landmarks; gives its id."""
    count = iter(range(10**9))

    def put(lexicon: Lexicon, sign: Sign | str, *numbers: float, space: str = "") -> int:
        vector = np.zeros(16, np.float32)
        vector[: len(numbers)] = numbers
        vector /= np.linalg.norm(vector)
        vectors = {space or lexicon.memory.space: vector}
        named = Sign(sign) if isinstance(sign, str) else sign
        with lexicon.place.writing() as connection:
            return insert_entry(connection, NewEntry(named, f"clip {next(count)}", None, 1.0, "2026-01-01", vectors))

    return put


def towards(*numbers: float) -> np.ndarray:
    """A query (16,) of length 1."""
    vector = np.zeros(16, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


@pytest.fixture(name="towards", scope="session")
def _towards() -> Callable[..., np.ndarray]:
    return towards
