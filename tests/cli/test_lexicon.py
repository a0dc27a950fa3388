"""`chereme lexicon`: each verb for people and machines, what fails beside what does not, and signs kept apart."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli import lexicon as verb
from chereme.lexicon import Lexicon
from chereme.poses import write_pose
from chereme.recognize import Recognizer
from made_up import hung, made_up_signer


@pytest.fixture
def poses(tmp_path):
    """Four clips as files, each its own."""
    paths = [tmp_path / "poses" / f"clip{i}.pose" for i in range(4)]
    for i, path in enumerate(paths):
        write_pose(made_up_signer(12 + i, np.random.default_rng(i)), path)
    return paths


@pytest.fixture
def place(tmp_path):
    return tmp_path / "signs.sqlite"


@pytest.fixture
def lexicon(place, small_bundle):
    """Runs a verb of `chereme lexicon`."""

    def run(*arguments, code=0, bundle=True):
        words = [str(a) for a in arguments] + ["--lexicon", str(place)]
        if bundle and words[0] in ("add", "search", "import", "export"):
            words += ["--bundle", str(small_bundle)]
        done = CliRunner().invoke(verb.command, words)
        assert done.exit_code == code, done.output + repr(done.exception)
        return done

    return run


def answers(run):
    return json.loads(run.stdout)


def test_add_and_search(lexicon, poses, place):
    (added,) = answers(lexicon("add", "casa", poses[0], "--language", "bzs", "--json"))
    assert added == {
        "file": str(poses[0]),
        "id": 1,
        "gloss": "casa",
        "language": "bzs",
        "seconds": 0.48,
        "lexicon": str(place),
    }
    assert lexicon("add", "pai", poses[1], poses[2]).stdout.splitlines() == [
        f"{poses[1]}: pai, entry 2",
        f"{poses[2]}: pai, entry 3",
    ]
    (found,) = answers(lexicon("search", poses[0], "--json", bundle=False))
    assert (found["file"], found["lexicon"]) == (str(poses[0]), str(place))
    best, other = found["signs"]
    assert best == {"gloss": "casa", "language": "bzs", "similarity": pytest.approx(1), "entry": 1, "examples": 1}
    assert (other["gloss"], other["examples"]) == ("pai", 2)
    shown = lexicon("search", poses[0], "--top", 1).stdout.splitlines()
    assert shown == [f"{poses[0]}:", "   1. 1.00  casa (bzs)"]


def test_all_that_is_told_of_an_entry_is_kept(lexicon, poses, place):
    lexicon(
        "add", "bank", poses[0], "--language", "ase", "--variant", "north", "--sense", "river",
        "--source", "a film", "--licence", "CC0", "--signer", "ana",
    )  # fmt: skip
    with Lexicon.open(place) as opened:
        (entry,) = opened.entries()
    assert str(entry.sign) == "bank (ase, variant north, sense river)"
    assert (entry.about.source, entry.about.licence, entry.about.signer) == ("a film", "CC0", "ana")


def test_the_rest_goes_on(lexicon, poses, tmp_path):
    fake = tmp_path / "fake.mp4"
    fake.write_text("not a video")
    run = lexicon("add", "casa", fake, poses[0], poses[0], "--json", code=1)
    first, second, third = answers(run)
    assert set(first) == set(third) == {"file", "error"}
    assert second["id"] == 1
    assert "has this very clip already, as entry 1" in third["error"]
    run = lexicon("search", tmp_path / "missing.pose", poses[0], code=1)
    assert "missing.pose" in run.stderr
    assert "casa" in run.stdout


@pytest.mark.parametrize("verb_and_sign", [["add", "pai"], ["search"]])
def test_hands_at_rest_show_no_sign(lexicon, poses, tmp_path, verb_and_sign):
    lexicon("add", "casa", poses[0])
    write_pose(hung(made_up_signer(9, np.random.default_rng(0)), slice(None)), tmp_path / "idle.pose")
    run = lexicon(*verb_and_sign, tmp_path / "idle.pose", poses[1], code=1)
    assert f"error: {tmp_path / 'idle.pose'}: no hand seen in any of 9 frames, unless at rest, so it" in run.stderr
    assert str(poses[1]) in run.stdout


def test_a_folder_of_poses_is_so_many_examples(lexicon, poses):
    lexicon("add", "casa", poses[0].parent)
    (sign,) = answers(lexicon("list", "--json"))
    assert sign == {"gloss": "casa", "examples": 4, "entries": [1, 2, 3, 4]}


def test_webcam(lexicon, signing, monkeypatch):
    monkeypatch.setattr("chereme.landmarks.camera.extract_webcam", lambda *_: signing)
    (added,) = answers(lexicon("add", "casa", "--webcam", "1", "--seconds", 3, "--json"))
    assert added["file"] == "webcam 1"
    run = lexicon("search", "--webcam", "--json")
    (found,) = answers(run)
    assert (found["file"], found["signs"][0]["gloss"]) == ("webcam 0", "casa")
    assert "watching webcam 0 for 5 s" in run.stderr


def test_nothing_to_search(lexicon, poses, place, small_bundle):
    run = lexicon("search", poses[0], code=1)
    assert "no such lexicon" in str(run.exception)
    with Lexicon.open(place, Recognizer.load(small_bundle), create=True):
        pass
    assert "no sign to compare with" in lexicon("search", poses[0], code=1).stderr
    lexicon("add", "casa", poses[0], "--language", "bzs")
    assert "no sign of gsg to compare with" in lexicon("search", poses[0], "--language", "gsg", code=1).stderr


def test_pictures_of_the_signs_and_the_clip(lexicon, poses, tmp_path):
    lexicon("add", "c/sa", poses[0])
    lexicon("add", "pai", poses[1])
    out = tmp_path / "pictures"
    (found,) = answers(lexicon("search", poses[0], "--pictures", out, "--json"))
    assert found["picture"] == str(out / "clip0" / "query.png")
    assert [sign["picture"] for sign in found["signs"]] == [
        str(out / "clip0" / "01-c_sa.png"),
        str(out / "clip0" / "02-pai.png"),
    ]
    for name in ("query", "01-c_sa", "02-pai"):
        with Image.open(out / "clip0" / f"{name}.png") as opened:
            picture = opened.convert("RGB")
        assert picture.size == (6 * 240, 240)
        assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 50
    assert f"pictures in {out / 'clip0'}" in lexicon("search", poses[0], "--pictures", out).stdout


def test_signs_that_look_the_same_in_writing_are_kept_apart(lexicon, poses, tmp_path):
    lexicon("add", "bank", poses[0], "--language", "ase", "--sense", "money")
    lexicon("add", "bank", poses[1], "--language", "ase", "--sense", "river")
    lexicon("add", "bank", poses[2], "--language", "bfi")
    assert len(answers(lexicon("list", "--gloss", "bank", "--json"))) == 3
    assert len(answers(lexicon("list", "--language", "ase", "--json"))) == 2
    run = lexicon("list")
    assert run.stdout.splitlines()[0] == "bank (ase, sense money): 1 example (1)"
    assert run.stderr.strip() == "3 signs, 3 examples"
    (found,) = answers(lexicon("search", poses[0], "--language", "bfi", "--json"))
    assert [sign["language"] for sign in found["signs"]] == ["bfi"]
    for arguments in (["show", "bank", "-o", tmp_path / "x.png"], ["remove", "bank", "--yes"]):
        run = lexicon(*arguments, code=1)
        assert "3 signs are written bank: bank (ase, sense money); bank (ase, sense river); bank (bfi)" in str(
            run.exception
        )
    assert answers(lexicon("remove", "bank", "--sense", "river", "--json"))["removed"] == 1
    assert answers(lexicon("remove", "bank", "--language", "bfi", "--json"))["removed"] == 1
    assert "removed 1 example of bank (ase, sense money)" in lexicon("remove", "bank").stdout
    assert answers(lexicon("list", "--json")) == []


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_show(lexicon, poses, tmp_path, suffix):
    lexicon("add", "casa", poses[0])
    out = tmp_path / f"casa.{suffix}"
    assert lexicon("show", "casa", "-o", out).stdout == f"{out}: casa, entry 1\n"
    with Image.open(out) as picture:
        assert picture.height == 320
        assert getattr(picture, "n_frames", 1) == (12 if suffix == "gif" else 1)
    told = answers(lexicon("show", "--id", 1, "-o", out, "--size", 100, "--json"))
    assert told == {"id": 1, "gloss": "casa", "picture": str(out), "frames": 12}


def test_hands_alone_are_drawn_as_a_skeleton(place, small_bundle, signing, tmp_path, lexicon):
    from chereme.layout import HANDS_42
    from chereme.lexicon import About, Sign
    from chereme.lexicon.rows import new_entry

    with Lexicon.open(place, Recognizer.load(small_bundle), create=True) as opened:
        opened.insert(new_entry(Sign("casa"), signing.pick(HANDS_42), About()))
    lexicon("show", "casa", "-o", tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.height == 320


def test_show_what_cannot_be_drawn(lexicon, poses, place, small_bundle, signing, tmp_path):
    with Lexicon.open(place, Recognizer.load(small_bundle), create=True) as opened:
        opened.add("casa", signing, keep_pose=False)
    run = lexicon("show", "casa", "-o", tmp_path / "x.png", code=1)
    assert "casa: embeddings only, no landmarks to draw" in str(run.exception)
    (found,) = answers(lexicon("search", poses[0], "--pictures", tmp_path / "out", "--json"))
    assert found["signs"][0]["picture"] is None
    assert "no such sign 'lar'" in str(lexicon("show", "lar", "-o", tmp_path / "x.png", code=1).exception)
    assert "no such entry 7" in str(lexicon("remove", "--id", 7, code=1).exception)


def test_remove_asks_in_a_terminal(lexicon, poses, monkeypatch):
    lexicon("add", "casa", poses[0], poses[1])
    monkeypatch.setattr(verb.sys, "stdin", type("Terminal", (), {"isatty": staticmethod(lambda: True)}))
    asked = []

    def refuse(question, **_):
        asked.append(question)
        raise verb.click.Abort

    monkeypatch.setattr(verb.click, "confirm", refuse)
    monkeypatch.setattr(verb, "sys", type("System", (), {"stdin": verb.sys.stdin, "exit": verb.sys.exit}))
    lexicon("remove", "casa", code=1)
    assert asked == ["remove 2 examples of casa?"]
    assert answers(lexicon("remove", "--id", 1, "--yes", "--json")) == {"gloss": "casa", "removed": 1}
    assert len(asked) == 1


def test_export_and_import(lexicon, poses, tmp_path, small_bundle):
    lexicon("add", "casa", poses[0], "--language", "bzs")
    lexicon("add", "pai", poses[1])
    folder, packed, small = tmp_path / "out", tmp_path / "signs.lexicon", tmp_path / "small.lexicon"
    assert answers(lexicon("export", folder, "--json")) == {"output": str(folder), "entries": 2, "left_out": 0}
    lexicon("export", "--packed", packed)
    assert lexicon("export", "--packed", small, "--embeddings-only").stdout == f"{small}: 2 examples\n"
    other = ["--lexicon", str(tmp_path / "other.sqlite"), "--bundle", str(small_bundle)]
    first = CliRunner().invoke(verb.command, ["import", str(folder), str(packed), *other, "--json"])
    assert first.exit_code == 0
    assert [(a["file"], a["added"], a["skipped"], a["failed"]) for a in answers(first)] == [
        (str(folder), 2, 0, []),
        (str(packed), 0, 2, []),
    ]
    again = CliRunner().invoke(verb.command, ["import", str(folder), *other])
    assert again.stdout == f"{folder}: 0 added, 2 there already\n"


def test_rows_that_cannot_be_used_are_named(lexicon, poses, tmp_path):
    (poses[0].parent / "index.csv").write_text("path,words\nclip0.pose,casa\nnone.pose,pai\n")
    run = lexicon("import", poses[0].parent, "--licence", "CC0", code=1)
    assert "1 added, 0 there already, 1 failed" in run.stdout
    assert f"error: {poses[0].parent}, row 3 (none.pose): " in run.stderr
    (told,) = answers(lexicon("import", poses[0].parent, "--json", code=1))
    assert [(bad["row"], bad["path"]) for bad in told["failed"]] == [(3, "none.pose")]
    (failed,) = answers(lexicon("import", tmp_path, "--json", code=1))
    assert "no index.csv in it" in failed["error"]


def test_embeddings_of_another_space_are_told_of(lexicon, poses, place, small_bundle, signing, tmp_path):
    with Lexicon.open(place, Recognizer.load(small_bundle), create=True) as opened:
        opened.add("casa", signing, keep_pose=False)
        with opened.place.writing() as connection:
            connection.exec_driver_sql("UPDATE lexicon_embeddings SET space = 'another-1'")
    lexicon("add", "pai", poses[0])
    run = lexicon("search", poses[0])
    assert "1 entry is left out: embeddings only, made by another-1" in run.stderr
    (found,) = answers(lexicon("search", poses[0], "--json"))
    assert [sign["gloss"] for sign in found["signs"]] == ["pai"]
    assert len(found["remarks"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["add", "casa"], id="nothing shown"),
        pytest.param(["add", "casa", "x.pose", "--webcam", "0"], id="two things shown"),
        pytest.param(["search"], id="nothing to search for"),
        pytest.param(["export"], id="nowhere to export to"),
        pytest.param(["export", "x", "--packed", "y"], id="two places to export to"),
        pytest.param(["export", "x", "--embeddings-only"], id="a folder without landmarks"),
        pytest.param(["remove"], id="nothing to remove"),
        pytest.param(["remove", "casa", "--id", "1"], id="two things to remove"),
        pytest.param(["show", "casa"], id="nowhere to draw to"),
        pytest.param(["dance"], id="no such verb"),
    ],
)
def test_usage(arguments, place, small_bundle):
    with Lexicon.open(place, Recognizer.load(small_bundle), create=True):
        pass
    more = [] if arguments == ["dance"] else ["--lexicon", str(place)]
    assert CliRunner().invoke(verb.command, arguments + more).exit_code == 2


def test_an_encoder_that_is_not_here_leaves_no_empty_lexicon_behind(poses, place, lexicon):
    run = lexicon("add", "casa", poses[0], "--bundle", "nowhere", bundle=False, code=1)
    assert "nowhere: neither a bundle's folder" in str(run.exception)
    assert not place.exists()


def test_the_place_may_stand_in_the_environment(poses, place, lexicon, monkeypatch):
    lexicon("add", "casa", poses[0])
    monkeypatch.setenv("CHEREME_LEXICON", str(place))
    run = CliRunner().invoke(verb.command, ["list", "--json"])
    assert [sign["gloss"] for sign in answers(run)] == ["casa"]
