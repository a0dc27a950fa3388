"""Clips drawn for a review, and its page running: no recording of a person is needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn

from chereme.poses import write_pose
from chereme.render import draw_signer, write_video
from chereme.review import Decisions, read_clips
from chereme.review.app import create_review
from chereme.review.session import Session
from chereme.serve.run import listen
from made_up import made_up_signer

HEADER = "source,label,gloss,variant,signer,url,path,status,problem"
ROWS = (
    "ines,Casa,casa,,1,http://a/casa,videos/ines/casa.mp4,stored,",
    "ufv,Casa,casa,2,1,http://b/casa,videos/ufv/casa.mp4,stored,small: 100x80",
    "vlibrasil,Casa,casa,,3,http://c/casa,videos/vlibrasil/casa.mp4,dead,",
    "ines,Pai,pai,,1,http://a/pai,videos/ines/pai.mp4,stored,",
)


@dataclass
class Reviewing:
    """A page that answers, and what it writes."""

    url: str
    client: httpx.Client
    session: Session
    decisions: Decisions


@contextmanager
def reviewing(session: Session, decisions: Decisions) -> Iterator[Reviewing]:
    with listen("127.0.0.1", 0) as socket_:
        server = uvicorn.Server(uvicorn.Config(create_review(session), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
        thread.start()
        url = f"http://127.0.0.1:{socket_.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, timeout=30) as client:
                yield Reviewing(url, client, session, decisions)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `collect` and `extract` leave: three films of two words with their landmarks; a fourth is missing."""
    folder = tmp_path_factory.mktemp("collected")
    rng = np.random.default_rng(3)
    for path in ("ines/casa", "ufv/casa", "ines/pai"):
        signer = made_up_signer(20, rng)
        film = folder / "videos" / f"{path}.mp4"
        film.parent.mkdir(parents=True, exist_ok=True)
        write_video(draw_signer(signer, size=160), film, signer.fps)
        write_pose(signer, folder / "poses" / f"{path}.mp4.pose")
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """What `curate` writes, in a folder of its own."""
    path = tmp_path / "curated" / "clips.csv"
    path.parent.mkdir()
    path.write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def clips(table, films):
    return read_clips(table, [films], films / "poses")


@pytest.fixture
def decisions(tmp_path) -> Decisions:
    return Decisions(tmp_path / "review.sqlite", create=True)


@pytest.fixture
def page_of(clips, decisions) -> Iterator[Reviewing]:
    """Ana reviews, and the model doubts `pai` most."""
    with decisions.present("Ana") as name:
        doubts = [0.1, 0.6, None, 0.9]
        with reviewing(Session(clips, decisions, name, doubts), decisions) as found:
            yield found
