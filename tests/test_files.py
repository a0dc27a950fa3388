from pathlib import Path

import pytest

from chereme.files import write_beside, write_folder_beside


def test_a_file_appears_whole(tmp_path):
    with write_beside(tmp_path / "new" / "a.csv") as part:
        part.write_text("1")
        assert not (tmp_path / "new" / "a.csv").exists()
        assert part.suffix == ".csv"
    assert (tmp_path / "new" / "a.csv").read_text() == "1"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["disk", "ctrl-c"])
def test_a_failed_write_leaves_what_was_there_and_no_part(tmp_path, error):
    (tmp_path / "a.csv").write_text("old")

    def fail():
        with write_beside(tmp_path / "a.csv") as part:
            part.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.csv", "old")]


def test_a_folder_is_replaced_whole(tmp_path):
    for content in ("old", "new"):
        with write_folder_beside(tmp_path / "bundle") as part:
            (part / f"{content}.txt").write_text(content)
    assert [p.name for p in (tmp_path / "bundle").iterdir()] == ["new.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(tmp_path, monkeypatch):
    with write_folder_beside(tmp_path / "bundle") as part:
        (part / "old.txt").touch()
    rename = Path.rename

    def fail(self, target):
        if Path(target).name == "bundle" and not self.name.endswith("-old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"), write_folder_beside(tmp_path / "bundle") as part:
        (part / "new.txt").touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["bundle", "old.txt"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "old.txt").touch()

    def fail():
        with write_folder_beside(tmp_path / "bundle") as part:
            (part / "new.txt").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [p.name for p in tmp_path.rglob("*")] == ["bundle", "old.txt"]
