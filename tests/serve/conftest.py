"""A running service, and films drawn for it: no recording of a person is needed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser

from chereme.produce import Decoder
from chereme.render import draw_signer, write_video
from chereme.serve import AslSettings, ServeSettings, create_app
from chereme.serve.run import listen
from chereme.spell import Speller
from chereme.types import PoseSequence
from in_browser import chromium, with_rests
from made_up import drawn_hand, made_up_hands, made_up_signer, made_up_speller


@dataclass
class Running:
    """A service that answers, and a client for it."""

    url: str
    client: httpx.Client
    folder: Path
    """Where it puts uploads."""

    def recognize(self, name: str, data: bytes, kind: str = "", **fields: str) -> httpx.Response:
        file = (name, data, kind) if kind else (name, data)
        return self.client.post("/api/v1/recognitions", files={"file": file}, data=fields)

    def spell(self, content: bytes, name: str = "hand.png", **fields: str) -> httpx.Response:
        return self.client.post("/api/v1/asl/recognitions", files={"file": (name, content)}, data=fields)

    def hand_pose(self, content: bytes, name: str = "hand.png", **fields: str) -> httpx.Response:
        return self.client.post("/api/v1/asl/hand-pose", files={"file": (name, content)}, data=fields)

    def uploads(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


Serve = Callable[..., Running]


@contextmanager
def running(settings: ServeSettings, asl: AslSettings | None = None) -> Iterator[Running]:
    """A service; without `asl` it has no speller, whatever ships."""
    asl = asl or AslSettings(_env_file=None, classifier_path="nowhere")
    assert settings.temporary is not None
    with listen("127.0.0.1", 0) as socket_:
        # connections stay as long as those of `chereme serve`: a client that thinks for a while may use its own again
        app = create_app(settings, asl)
        config = uvicorn.Config(app, log_level="error", ws="websockets-sansio", timeout_keep_alive=60)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
        thread.start()
        url = f"http://127.0.0.1:{socket_.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                yield Running(url, client, settings.temporary)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="session")
def service(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests that do not need settings of their own; its model was never trained."""
    folder = tmp_path_factory.mktemp("uploads")
    own = folder.with_name("own.sqlite")
    settings = ServeSettings(_env_file=None, bundle=str(small_bundle), temporary=folder, lexicon=str(own))
    with running(settings) as found:
        yield found


@pytest.fixture
def serve(small_bundle: Path, tmp_path: Path) -> Iterator[Serve]:
    """Starts a service with other settings: `serve(max_seconds=1)`; those of fingerspelling go in `asl={}`."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        (tmp_path / "uploads").mkdir()
        usual = {
            "bundle": str(small_bundle),
            "temporary": tmp_path / "uploads",
            "lexicon": str(tmp_path / "own.sqlite"),
            "_env_file": None,
        }

        def start(asl: dict[str, object] | None = None, **given: object) -> Running:
            other = None if asl is None else AslSettings(**{"_env_file": None, **asl})
            return stack.enter_context(running(ServeSettings(**{**usual, **given}), other))

        yield start


@pytest.fixture(scope="session")
def speller_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A to Z, never trained."""
    return made_up_speller(tmp_path_factory.mktemp("bundles") / "letters").folder


@pytest.fixture(scope="session")
def spelling(small_bundle: Path, speller_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that also knows letters."""
    folder = tmp_path_factory.mktemp("uploads")
    own = folder.with_name("own.sqlite")
    settings = ServeSettings(_env_file=None, bundle=str(small_bundle), temporary=folder, lexicon=str(own))
    with running(settings, AslSettings(_env_file=None, classifier_path=str(speller_bundle))) as found:
        yield found


@pytest.fixture(scope="session")
def right_hand() -> np.ndarray:
    return drawn_hand("right")


@pytest.fixture(scope="session")
def left_hand() -> np.ndarray:
    return drawn_hand("left")


@pytest.fixture(scope="session")
def signer() -> PoseSequence:
    return made_up_signer(16, np.random.default_rng(0))


@pytest.fixture(scope="session")
def film(signer: PoseSequence, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """16 frames of a drawn signer, as mp4."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    write_video(draw_signer(signer, size=320), path, signer.fps)
    return path.read_bytes()


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Eight frames of a plain wall, as mp4."""
    path = tmp_path_factory.mktemp("films") / "wall.mp4"
    write_video([np.full((120, 160, 3), 140, np.uint8)] * 8, path, 25)
    return path.read_bytes()


@pytest.fixture(scope="session")
def book() -> PoseSequence:
    """The sign “Book” as the decoder makes it, between two rests."""
    return with_rests(Decoder.load().produce("Book"), 0.8)


@pytest.fixture(scope="session")
def book_film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same drawn, without the rests, as mp4."""
    path = tmp_path_factory.mktemp("films") / "book.mp4"
    signed = Decoder.load().produce("Book", 12.5)
    write_video(draw_signer(signed, size=360), path, signed.fps)
    return path.read_bytes()


@pytest.fixture(scope="session")
def held_letter(signer: PoseSequence) -> tuple[str, float, PoseSequence]:
    """A letter, its place among those that a held hand can show (0 to 1), and a signer who holds it."""
    speller = Speller.load("asl_letters")
    hands = made_up_hands(200, np.random.default_rng(1))
    probabilities = speller.probabilities(hands, still=True)
    hand, letter = np.unravel_index(probabilities.argmax(), probabilities.shape)
    points = signer.points.copy()
    points[:, signer.layout.groups["right_hand"]] = hands[hand]
    points[:, signer.layout.groups["left_hand"]] = np.nan
    held = [label for label, still in zip(speller.bundle.labels, speller.still, strict=True) if still]
    name = speller.bundle.labels[letter]
    return name, (held.index(name) + 0.5) / len(held), signer.with_points(points)


@pytest.fixture(scope="session")
def desk_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """What a desk would run: the bundles that ship, an empty lexicon of its own."""
    folder = tmp_path_factory.mktemp("uploads")
    own = folder.with_name("desk.sqlite")
    settings = ServeSettings(_env_file=None, temporary=folder, lexicon=str(own), hosts="desk.example")
    with running(settings, AslSettings(_env_file=None)) as found:
        yield found


@pytest.fixture(scope="session")
def browser(book: PoseSequence, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, whose camera shows somebody sign “Book”."""
    with chromium(book, tmp_path_factory.mktemp("camera")) as launched:
        yield launched
