"""What `chereme collect` refuses before it asks anybody; whole crawls are tests of the stage."""

import json

import pytest
from click.testing import CliRunner

from chereme.cli.collect import command
from chereme.cli.curate import command as curate

CONTACT = ["--contact", "me@example.org"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["vlibrasil"], "Missing option '--contact'"),
        (["vlibrasil", "--contact", "me"], "an address of mail or web"),
        (["inse", *CONTACT], "no source is called 'inse'; known: ines, signbank, ufv, vlibrasil"),
        (["vlibrasil", *CONTACT, "--videos", "--check-links"], "choose one"),
        (["vlibrasil", *CONTACT, "--delay", "-1"], "--delay"),
    ],
)
def test_usage(tmp_path, arguments, says):
    run = CliRunner().invoke(command, [*arguments, "-o", str(tmp_path)], env={"CHEREME_CONTACT": None})
    assert run.exit_code == 2
    assert says in run.output
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def collected(tmp_path):
    (tmp_path / "entries.csv").write_text(
        "source,word,clip_url,clip_status,clip\nines,SOL2,http://x.test/a.mp4,alive,\nufv,Sol,http://x.test/sol.mp4,alive,\n"
        "ufv,Lua,http://x.test/lua.mp4,dead,\n"
    )
    return tmp_path


def test_curate_writes_tables_and_tells_the_funnel(collected, tmp_path):
    run = CliRunner().invoke(curate, [str(collected), "-o", str(tmp_path / "out")], catch_exceptions=False)
    assert run.exit_code == 0
    assert "1 words stay, with 2 clips" in run.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"clips.csv", "words.csv", "funnel.json"}


def test_curate_says_why(collected):
    run = CliRunner().invoke(curate, [str(collected), "--why", "LUA", "--why", "Mar"], catch_exceptions=False)
    assert run.output.splitlines() == [
        "lua: dropped by dead_count: no clip of 1 answers; 0 of 1 clips count, in no source",
        "Mar: no source has it",
    ]
    run = CliRunner().invoke(curate, [str(collected), "--why", "sol", "--json"], catch_exceptions=False)
    (sol,) = json.loads(run.output)["why"]
    assert (sol["kept"], sol["sources"], sol["counting"]) == (True, ["ines", "ufv"], 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [([], "name a folder with -o, or a word with --why"), (["--films"], "what is seen in films is kept there")],
)
def test_curate_usage(collected, arguments, says):
    run = CliRunner().invoke(curate, [str(collected), *arguments])
    assert run.exit_code == 2
    assert says in run.output
