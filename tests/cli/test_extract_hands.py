"""`chereme extract --hands` as it is typed, by the real engine on drawn people."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.dataset import command as dataset
from chereme.cli.extract import command
from chereme.dataset.npz import read_npz
from chereme.dataset.store import Store
from chereme.errors import ManifestError, UnseenError
from chereme.features.hand import hand_84, right_hands
from chereme.poses import read_pose
from made_up import drawn_hand


@pytest.fixture
def extract():
    """Runs the verb and gives its result; an error of ours comes out as it is."""

    def run(*arguments):
        result = CliRunner().invoke(command, [str(a) for a in arguments])
        if isinstance(result.exception, (ManifestError, UnseenError)):
            raise result.exception
        return result

    return run


def draw(path, side):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn_hand(side) if side else np.full((60, 80, 3), 128, np.uint8)).save(path)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Class A: a left hand and grey; class B: a right hand, a file that is no picture, and notes."""
    folder = tmp_path_factory.mktemp("pictures")
    draw(folder / "A/left.png", "left")
    draw(folder / "A/deep/grey.png", "")
    draw(folder / "B/right.png", "right")
    (folder / "B/torn.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (folder / "B/notes.txt").touch()
    return folder


@pytest.fixture(scope="module")
def done(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "letters"
    return out, CliRunner().invoke(command, ["--hands", str(pictures), "-o", str(out)])


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_what_could_not_be_read_fails_what_shows_no_hand_does_not(done, pictures):
    out, result = done
    assert result.exit_code == 1
    assert f"error: {pictures / 'B/torn.jpg'}: not a picture that can be read" in result.stderr
    reasons = dict(rows(out / "undetected.csv"))
    assert list(reasons) == ["path", "A/deep/grey.png", "B/torn.jpg"]
    assert reasons["A/deep/grey.png"] == "no hand"
    assert "not a picture that can be read" in reasons["B/torn.jpg"]


def test_the_report_is_printed_written_and_drawn(done):
    out, result = done
    assert rows(out / "detection.csv") == [
        ["class", "pictures", "detected", "rate"],
        ["A", "2", "1", "0.5000"],
        ["B", "1", "1", "1.0000"],
    ]
    assert result.stdout.splitlines()[:4] == [
        "class  pictures  detected   rate",
        "A             2         1  0.500",
        "B             1         1  1.000",
        "all           3         2  0.667",
    ]
    with Image.open(out / "detection.png") as picture:
        assert picture.format == "PNG"


def test_the_store_keeps_every_picture_and_the_table_every_hand(done):
    out, _ = done
    store = Store.open(out / "store")
    assert [c.id for c in store.clips] == ["A/deep/grey.png", "A/left.png", "B/right.png"]
    assert np.isnan(store.sequence(0).points).all()
    table = read_npz(out / "features.npz")
    assert table.label_names == ("A", "B")
    assert table.labels.tolist() == [0, 1]
    for row, clip in enumerate((1, 2)):
        np.testing.assert_array_equal(table.features[row], hand_84(right_hands(store.sequence(clip))[0])[0])
    assert {path.name for path in out.iterdir()} == {
        "store", "features.npz", "detection.csv", "detection.png", "undetected.csv", "journal.jsonl",
    }  # fmt: skip


def test_a_second_run_has_only_the_bad_one_left(done, pictures, extract):
    out, _ = done
    result = extract("--hands", pictures, "-o", out)
    assert result.exit_code == 1
    assert "0 looked at, 3 there already, 1 failed" in result.stdout


def test_json_is_a_list_of_one_object_per_picture(done, pictures, extract):
    out, _ = done
    result = extract("--hands", pictures, "-o", out, "--json")
    found = json.loads(result.stdout)
    assert found[:3] == [
        {"file": "A/deep/grey.png", "label": "A", "hand": None},
        {"file": "A/left.png", "label": "A", "hand": "left"},
        {"file": "B/right.png", "label": "B", "hand": "right"},
    ]
    assert found[3].keys() == {"file", "error"}


def test_the_table_alone(extract, tmp_path):
    draw(tmp_path / "in/A/1.png", "right")
    draw(tmp_path / "in/A/2.png", "")
    result = extract("--hands", tmp_path / "in", "-o", tmp_path / "out/x.npz", "--mirrored")
    assert result.exit_code == 0, result.output
    assert "no hand: A/2.png" in result.stderr
    assert read_npz(tmp_path / "out/x.npz").features.shape == (1, 84)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.npz"]


@pytest.mark.parametrize("inside", [".", "out", "A/deep"])
def test_nothing_is_written_into_the_folder_of_pictures(extract, tmp_path, inside):
    draw(tmp_path / "in/A/1.png", "right")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for out in (tmp_path / "in" / inside, tmp_path / "link" / inside):
        with pytest.raises(ManifestError, match="lies in the folder of pictures"):
            extract("--hands", tmp_path / "in", "-o", out)
    assert [path for path in (tmp_path / "in").rglob("*") if path.is_file()] == [tmp_path / "in/A/1.png"]


def test_an_index_names_signers_to_split_by(extract, tmp_path):
    for i in range(3):
        draw(tmp_path / f"in/{i}.png", "right")
    (tmp_path / "in/index.csv").write_text(
        "file,label,signer\n" + "".join(f"{i}.png,A,s{i}\n" for i in range(3)) + "gone.png,A,s3\n"
    )
    result = extract("--hands", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "gone.png: cannot be read: No such file" in result.stderr
    store = tmp_path / "out/store"
    split = CliRunner().invoke(dataset, ["split", str(store), "--by", "signer", "--leave-out", "s1"])
    assert split.exit_code == 0, split.output
    assert Store.open(store).split("signer-s1")["1.png"] == "test"


def test_no_hand_at_all_leaves_a_report_and_no_table(extract, tmp_path):
    draw(tmp_path / "in/A/1.png", "")
    with pytest.raises(UnseenError, match="no hand seen in any of 1 pictures"):
        extract("--hands", tmp_path / "in", "-o", tmp_path / "out")
    assert (tmp_path / "out/detection.csv").is_file()
    assert not (tmp_path / "out/features.npz").exists()


def test_a_lone_picture_becomes_a_pose(extract, tmp_path):
    draw(tmp_path / "1.png", "right")
    result = extract(tmp_path / "1.png", "--hands", "-o", tmp_path / "1.pose")
    assert result.exit_code == 0, result.output
    assert "left hand in 0%, right in 100% of frames" in result.stdout
    sequence = read_pose(tmp_path / "1.pose")
    assert (sequence.layout.name, len(sequence)) == ("hands_42", 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{}", "--layout", "holistic_543"], "--hands keeps the hands alone, not holistic_543"),
        (["{}", "{}"], "--hands takes one folder"),
        (["{}", "--stride", "2"], "pictures take none of --stride"),
        (["{}", "--keep-handless"], "pictures take none of"),
        (["{}/A/left.png", "-o", "x.npz"], "--hands takes one folder"),
        (["{}", "-o", "x.pose"], "x.pose is one .pose file"),
    ],
)
def test_wrong_use_exits_2(extract, pictures, tmp_path, arguments, says):
    given = [a.format(pictures) for a in arguments]
    result = extract("--hands", *given, *([] if "-o" in given else ["-o", tmp_path / "out"]))
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize(
    ("names", "says"),
    [(["A/1.txt"], "no pictures in class folders"), (["A/1.png", "B/x.txt"], "B: a class folder without any picture")],
)
def test_a_folder_without_pictures_is_said(extract, tmp_path, names, says):
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).touch()
    with pytest.raises(ManifestError, match=says):
        extract("--hands", tmp_path / "in", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()
