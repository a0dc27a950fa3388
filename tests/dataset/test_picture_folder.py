"""Folders of class folders of pictures, and an index in their place."""

from pathlib import Path

import pytest

from chereme.dataset.picture_folder import read_picture_folder
from chereme.errors import ManifestError

SUFFIXES = {".jpg", ".png"}


@pytest.fixture
def folder(tmp_path):
    """Makes empty files; a name that ends in a slash is a folder."""

    def make(*names: str, index: str = "") -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if name.endswith("/") else path.touch()
        if index:
            (tmp_path / "index.csv").write_text(index, encoding="utf-8")
        return tmp_path

    return make


def ids(folder):
    return [clip.id for clip, _ in read_picture_folder(folder, SUFFIXES)]


def test_a_class_is_the_first_folder_at_any_depth(folder):
    found = read_picture_folder(folder("B/1.jpg", "A/x/y/2.PNG", "A/1.jpg", "A/1.txt", "readme.txt"), SUFFIXES)
    assert [(clip.id, clip.gloss) for clip, _ in found] == [("A/1.jpg", "A"), ("A/x/y/2.PNG", "A"), ("B/1.jpg", "B")]
    assert all(path.is_file() and path.as_posix().endswith(clip.id) for clip, path in found)


def test_hidden_files_and_folders_are_passed_over(folder):
    assert ids(folder("A/1.jpg", "A/.2.jpg", "A/.x/3.jpg", ".git/4.jpg", ".5.jpg")) == ["A/1.jpg"]


def test_a_linked_class_folder_is_read(folder, tmp_path):
    root = folder("in/A/1.jpg", "elsewhere/2.jpg")
    (root / "in/B").symlink_to(tmp_path / "elsewhere")
    assert ids(root / "in") == ["A/1.jpg", "B/2.jpg"]


def test_names_in_either_unicode_form_are_one(folder):
    *_, (clip, path) = read_picture_folder(folder("c\u0327/e\u0301.jpg", "z/1.jpg"), SUFFIXES)
    assert (clip.id, clip.gloss) == ("ç/é.jpg", "ç")
    assert path.is_file()


def test_an_index_decides_instead(folder):
    index = "file,label,signer,source,lighting\na/1.jpg,A,s1,home,left\na/2.jpg,B,s2,,\n"
    found = read_picture_folder(folder("a/1.jpg", "a/2.jpg", "a/3.jpg", "loose.jpg", index=index), SUFFIXES)
    assert [(c.id, c.gloss, c.signer, c.source) for c, _ in found] == [
        ("a/1.jpg", "A", "s1", "home"),
        ("a/2.jpg", "B", "s2", ""),
    ]


@pytest.mark.parametrize(
    ("names", "index", "says"),
    [
        (["A/1.txt"], "", "no pictures in class folders"),
        (["A/"], "", "no pictures in class folders"),
        (["A/1.jpg", "B/1.txt"], "", "B: a class folder without any picture"),
        (["A/1.jpg", "2.jpg"], "", "1 pictures lie outside any class folder \\(first: 2.jpg\\)"),
        ([], "file,signer\n1.jpg,s\n", "no column label"),
        ([], "file,label\n", "names no picture"),
        ([], "file,label\n1.jpg,\n", "line 2: file or label is empty"),
        ([], "file,label\n../1.jpg,A\n", "line 2: ../1.jpg lies outside the folder"),
        ([], "file,label\n/etc/1.jpg,A\n", "lies outside the folder"),
        ([], "file,label\n1.jpg,A\n1.jpg,B\n", "id '1.jpg' stands for two clips"),
    ],
)
def test_what_does_not_fit_is_said(folder, names, index, says):
    with pytest.raises(ManifestError, match=says):
        read_picture_folder(folder(*names, index=index), SUFFIXES)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ManifestError, match="no such folder"):
        read_picture_folder(tmp_path / "gone", SUFFIXES)
