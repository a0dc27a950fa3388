import asyncio
import socket

import pytest
import uvicorn

from answered import waited
from chereme.errors import CheremeError, RecipeError
from chereme.serve import AslSettings, ServeSettings, run
from chereme.serve.run import listen
from chereme.serve.settings import read_settings


@pytest.fixture
def taken():
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_gives_way_to_the_next(taken):
    with listen("127.0.0.1", taken) as found:
        assert taken < found.getsockname()[1] <= taken + 20


def test_a_port_asked_for_by_name_does_not(taken):
    with pytest.raises(CheremeError, match=f"port {taken} is not to be had .*--port"):
        listen("127.0.0.1", taken, exact=True)


def test_any_free_port():
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", 0) as two:
        assert one.getsockname()[1] != two.getsockname()[1]


def test_an_answers_body_does_not_wait_for_the_receipt_of_its_head():
    """Head and body are written one after the other; a caller who acknowledges late would wait 40 ms for the second."""

    async def at_once() -> int:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0) as socket_:
            async with await asyncio.start_server(answer, sock=socket_):
                _, writer = await asyncio.open_connection(*socket_.getsockname())
                found = await asyncio.wait_for(told, 5)
                writer.close()
                await writer.wait_closed()
        return found

    assert waited(at_once())


def test_no_such_address():
    with pytest.raises(CheremeError, match="no such address"):
        listen("no.such.host.invalid", 0)


def test_settings_come_from_the_environment_and_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CHEREME_MAX_SECONDS=7\nCHEREME_PORT=9001\nOTHER=1\n")
    monkeypatch.setenv("CHEREME_PORT", "9002")
    monkeypatch.setenv("CHEREME_DATA", "somewhere")  # another part's variable
    settings = read_settings(bundle="mine", host=None)
    assert settings.max_seconds == 7
    assert settings.port == 9002
    assert settings.bundle == "mine"
    assert settings.host == "127.0.0.1"


def test_a_setting_out_of_range_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHEREME_WORKERS", "0")
    with pytest.raises(RecipeError, match=r"CHEREME_WORKERS: .*got '0'"):
        read_settings()


@pytest.mark.parametrize(
    ("settings", "writers"),
    [({"token": "secret"}, "only who sends the token"), ({}, "only this machine itself")],
    ids=["a token", "none"],
)
def test_who_may_do_what_is_said_where_others_can_reach_it(small_bundle, tmp_path, monkeypatch, settings, writers):
    monkeypatch.setattr(uvicorn.Server, "run", lambda server, **_: server.config.app.state.service.close())
    asl = AslSettings(_env_file=None, classifier_path="nowhere")

    def said(host: str) -> str:
        lines: list[str] = []
        usual = {"_env_file": None, "bundle": str(small_bundle), "temporary": tmp_path, "port": 0}
        run(ServeSettings(**usual, host=host, **settings), asl, say=lines.append)
        return "\n".join(lines)

    wide = said("0.0.0.0")
    assert f"anybody may ask, {writers} may add or remove signs" in wide
    assert "no encryption" in wide
    assert "secret" not in wide
    assert "others" not in said("127.0.0.1")
