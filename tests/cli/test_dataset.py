"""`chereme dataset` from end to end, on a folder made in sight."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.dataset import command
from chereme.dataset.store import Store
from chereme.errors import CheremeError
from chereme.layout import HANDS_42
from chereme.poses import write_pose
from chereme.types import PoseSequence


@pytest.fixture
def signs(tmp_path):
    """Class folders `mãe` and `pai` with three clips each, and a manifest that knows the signers."""
    rng = np.random.default_rng(0)
    rows = []
    for gloss in ("mãe", "pai"):
        (tmp_path / "signs" / gloss).mkdir(parents=True)
        for take in range(3):
            path = f"{gloss}/{take}.pose"
            points = np.cumsum(rng.normal(0, 0.02, (20, 42, 3)), 0).astype(np.float32)
            write_pose(PoseSequence(points, HANDS_42, 25.0, (640, 480)), tmp_path / "signs" / path)
            rows.append({"id": path[:-5], "path": f"signs/{path}", "gloss": gloss, "signer": f"s{take}"})
    with (tmp_path / "signs.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def run(*args, exit_code=0):
    result = CliRunner().invoke(command, [str(a) for a in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result


def test_from_class_folders_to_a_split(signs):
    store = signs / "store"
    done = json.loads(run("pack", signs / "signs", "-o", store, "--json").stdout)
    assert (done["clips"], done["classes"], done["layout"], done["failed"]) == (6, 2, "hands_42", [])
    assert [c.id for c in Store.open(store).clips][:2] == ["mãe/0", "mãe/1"]
    counted = json.loads(run("stats", store, "--plots", signs / "plots", "--json").stdout)
    assert [row["gloss"] for row in counted["classes"]] == ["mãe", "pai"]
    assert len(counted["plots"]) == 5
    assert "2        0" in run("stats", store).output
    random = run("split", store, "--by", "random")
    assert "warning: random (optimistic)" in random.stderr
    assert "random: 4 train, 0 validation, 2 test" in random.stdout


def test_splits_by_signer(signs):
    store = signs / "store"
    run("pack", signs / "signs.csv", "-o", store)
    assert (
        "signer-s1: 2 train, 2 validation, 2 test" in run("split", store, "--by", "signer", "--leave-out", "s1").output
    )
    rows = json.loads(run("split", store, "--by", "signer", "--leave-one-out", "--name", "loso", "--json").stdout)
    assert [(row["split"], row["test"]) for row in rows] == [("loso-s0", 2), ("loso-s1", 2), ("loso-s2", 2)]
    run("split", store, "--by", "signer", "--folds", "3")
    assert set(Store.open(store).split("signer-fold1").values()) == {"train", "validation", "test"}
    assert "nothing found" in run("audit", store, "--split", "signer-s1").output
    run("split", store, "--by", "random", "--seed", "1", "--name", "mixed")
    assert json.loads(run("audit", store, "--split", "mixed", "--json", exit_code=1).stdout)["shared_groups"]


def test_a_split_that_leaves_a_class_empty_is_not_written(signs):
    store = signs / "store"
    run("pack", signs / "signs.csv", "-o", store)
    with pytest.raises(CheremeError, match=r"without training clips; class .* without test clips"):
        run("split", store, "--by", "gloss", "--test", "0.5", "--validation", "0")
    assert Store.open(store).split_names() == []


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--by", "signer", "--protocol", "isl43"),
        ("--by", "signer", "--folds", "3", "--leave-one-out"),
        ("--by", "random", "--by", "signer"),
        ("--by", "official", "--folds", "3"),
    ],
)
def test_options_that_contradict_each_other(signs, options):
    result = run("split", signs / "store", *options, exit_code=2)
    assert "Error: " in result.stderr
    assert not (signs / "store" / "splits").exists()


def test_a_broken_clip_is_left_out_and_told(signs):
    (signs / "signs" / "pai" / "1.pose").write_bytes(b"not a pose")
    result = run("pack", signs / "signs", "-o", signs / "store", "--json", exit_code=1)
    done = json.loads(result.stdout)
    assert (done["clips"], [f["file"] for f in done["failed"]]) == (5, ["pai/1.pose"])
    assert "left out pai/1" in result.stderr


def test_nothing_usable_writes_nothing(signs):
    for path in (signs / "signs").rglob("*.pose"):
        path.write_bytes(b"")
    with pytest.raises(CheremeError, match="none of 6 clips can be used"):
        run("pack", signs / "signs", "-o", signs / "store")
    assert not (signs / "store").exists()


def test_a_layout_is_picked_by_name(signs):
    with pytest.raises(CheremeError, match=r"none of 6 clips can be used.*lacks 20 landmarks"):
        run("pack", signs / "signs", "-o", signs / "store", "--layout", "kinect_20")
    with pytest.raises(CheremeError, match="no layout is called"):
        run("pack", signs / "signs", "-o", signs / "store", "--layout", "hands")


def test_a_set_of_videos_becomes_a_manifest(tmp_path):
    videos = tmp_path / "libras25_videos" / "videos"
    videos.mkdir(parents=True)
    (videos / "mãe_ne_1.mp4").touch()
    out = tmp_path / "lists" / "libras.csv"
    result = run("import", "libras25_videos", "--data", tmp_path, "-o", out)
    assert "1 clips of libras25_videos" in result.output
    [row] = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert (row["gloss"], row["path"]) == ("mãe", "../libras25_videos/videos/mãe_ne_1.mp4")
    assert (out.parent / row["path"]).is_file()
    run("import", "libras25_videos", "--data", tmp_path, "-o", tmp_path / "folder", exit_code=2)


def test_a_set_of_landmarks_becomes_poses_and_comes_back(tmp_path):
    folder = tmp_path / "uci_libras_movement"
    folder.mkdir()
    rows = [",".join(["0.25", "0.5"] * 45 + [str(gloss)]) for gloss in (1, 2)]
    (folder / "movement_libras.data").write_text("\n".join(["classLast,90,15,comma", *rows]))
    run("import", "uci_libras_movement", "--data", tmp_path, "-o", tmp_path / "poses")
    run("import", "uci_libras_movement", "--data", tmp_path, "-o", tmp_path / "poses.csv", exit_code=2)
    run("pack", tmp_path / "poses", "-o", tmp_path / "again")
    run("pack", "uci_libras_movement", "--data", tmp_path, "-o", tmp_path / "straight")
    again, straight = Store.open(tmp_path / "again"), Store.open(tmp_path / "straight")
    assert again.clips == straight.clips
    np.testing.assert_allclose(again.points, straight.points, atol=1e-6)
    with pytest.raises(CheremeError, match="exists and is not empty"):
        run("import", "uci_libras_movement", "--data", tmp_path, "-o", tmp_path / "poses")


def test_packing_a_known_set_writes_its_protocol(data, tmp_path):
    result = run("pack", "isl_include43_poses", "--data", data, "-o", tmp_path / "isl43")
    assert "515 clips, 43 classes, 31377 frames (body_hands_75)" in result.output
    parts = Store.open(tmp_path / "isl43").split("isl43")
    assert sum(part == "test" for part in parts.values()) == 146
    run("split", tmp_path / "isl43", "--protocol", "isl43-rotation")
    with pytest.raises(CheremeError, match="no protocol is called 'isl44'"):
        run("split", tmp_path / "isl43", "--protocol", "isl44")


def test_a_card(signs):
    run("pack", signs / "signs.csv", "-o", signs / "store")
    first = run("card", signs / "store", "-o", signs / "card")
    assert "nobody has stated licence and consent" in first.stderr
    assert "begin with" in first.stdout
    (signs / "said.toml").write_text('licence = "CC0"\nconsent = "given"\n')
    told = json.loads(
        run("card", signs / "store", "-o", signs / "card", "--about", signs / "said.toml", "--json").stdout
    )
    assert (told["missing"], told["clean"]) == ([], True)
    assert str(signs / "card" / "README.md") in told["files"]


@pytest.mark.parametrize("form", ["huggingface", "asl-signs", "poses"])
def test_exported_and_imported_again(signs, form):
    store, there, back = signs / "store", signs / "there", signs / "back"
    run("pack", signs / "signs.csv", "-o", store)
    told = json.loads(run("export", store, "--to", form, "-o", there, "--json").stdout)
    assert (told["clips"], told["form"]) == (6, form)
    run("import", there, "--from", form, "--layout", "hands_42", "-o", back)
    again = json.loads(run("pack", back, "-o", signs / "again", "--json").stdout)
    assert (again["clips"], again["classes"], again["failed"]) == (6, 2, [])
    first, second = Store.open(store), Store.open(signs / "again")
    assert sorted(first.positions) == sorted(second.positions)
    for id, i in first.positions.items():
        j = second.positions[id]
        assert first.clips[i].signer == second.clips[j].signer
        np.testing.assert_allclose(second.sequence(j).points, first.sequence(i).points, atol=1e-4)


def test_elan_from_the_command_line(signs):
    (signs / "videos.csv").write_text("id,path,gloss,start,end\n1,a.mp4,casa,0,1.5\n2,a.mp4,pai,1.5,2.5\n")
    (signs / "a.mp4").touch()
    told = json.loads(run("export", signs / "videos.csv", "--to", "elan", "-o", signs / "eaf", "--json").stdout)
    assert (told["clips"], told["files"]) == (2, 1)
    imported = run("import", signs / "eaf", "--from", "elan", "-o", signs / "again.csv")
    extracted = imported.stdout.partition("chereme extract ")[2].partition(" -o POSES")[0]
    assert Path(extracted).resolve() == signs  # where the film lies, not its .eaf
    with (signs / "again.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["gloss"], row["start"], row["end"]) for row in rows] == [("casa", "0.0", "1.5"), ("pai", "1.5", "2.5")]
    assert (signs / rows[0]["path"]).resolve() == signs / "a.mp4"
    run("import", signs / "eaf", "--from", "elan", "-o", signs / "folder", exit_code=2)
    run("import", signs / "x", "--from", "asl-signs", "--size", "wide", "-o", signs / "f", exit_code=2)
