"""Which clips are looked at, wherever a table comes from."""

import pytest

from chereme.errors import ManifestError, ReviewError
from chereme.poses import write_pose
from chereme.review import read_clips
from made_up import made_up_signer


def test_a_curated_table_finds_its_films_and_landmarks(clips, films):
    assert [(c.gloss, c.source) for c in clips] == [
        ("casa", "ines"),
        ("casa", "ufv"),
        ("casa", "vlibrasil"),
        ("pai", "ines"),
    ]
    assert clips[0].film == films / "videos/ines/casa.mp4"
    assert clips[0].pose == films / "poses/ines/casa.mp4.pose"
    assert (clips[2].film, clips[2].pose) == (None, None)
    assert clips[1].note == "small: 100x80"
    assert clips[1].variant == "2"


def test_a_folder_is_read_by_the_table_in_it(table, films):
    assert len(read_clips(table.parent, [films])) == 4


def test_a_collection_needs_no_curation(films, tmp_path):
    (films / "entries.csv").write_text(
        "source,key,word,clip_url,clip,clip_status\nines,1,CASA,http://a/casa,videos/ines/casa.mp4,stored\n"
    )
    try:
        (clip,) = read_clips(films)
    finally:
        (films / "entries.csv").unlink()
    assert (clip.gloss, clip.film) == ("casa", films / "videos/ines/casa.mp4")


def test_a_folder_of_class_folders_of_landmarks(tmp_path, rng):
    write_pose(made_up_signer(5, rng), tmp_path / "casa" / "1.pose")
    (clip,) = read_clips(tmp_path)
    assert (clip.key, clip.gloss, clip.film, clip.pose) == ("casa/1", "casa", None, tmp_path / "casa/1.pose")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param(
            "source,label,gloss,url,path,signr\n", ReviewError, "'signr'; did you mean 'signer'", id="curated"
        ),
        pytest.param(
            "path,gloss,signr\na.mp4,casa,s\n", ManifestError, "'signr'; did you mean 'signer'", id="manifest"
        ),
        pytest.param("label,gloss,url\n", ReviewError, "no column source and no column path", id="a column is missing"),
        pytest.param(
            "source,label,gloss,url,path\nines,Casa\n", ReviewError, "line 2: 2 values for 5 columns", id="a short line"
        ),
        pytest.param(
            "source,label,gloss,url,path\nines,Casa,casa,u,nowhere.mp4\n", ReviewError, "--films", id="no film is there"
        ),
    ],
)
def test_what_cannot_be_reviewed(tmp_path, text, error, message):
    (tmp_path / "clips.csv").write_text(text)
    with pytest.raises(error, match=message):
        read_clips(tmp_path / "clips.csv")


def test_a_table_that_names_other_files_gets_none_of_them(tmp_path, films):
    (tmp_path / "secret.txt").write_text("mine")
    (tmp_path / "clips.csv").write_text(
        "source,label,gloss,url,path\nx,A,a,u,secret.txt\nx,Casa,casa,u,videos/ines/casa.mp4\n"
    )
    assert [c.film is None for c in read_clips(tmp_path / "clips.csv", [films])] == [True, False]


def test_a_film_in_either_unicode_form(tmp_path, films):
    (tmp_path / "a\u0301gua.mp4").write_bytes((films / "videos/ines/casa.mp4").read_bytes())
    (tmp_path / "clips.csv").write_text("source,label,gloss,url,path\nx,Água,água,u,água.mp4\n", encoding="utf-8")
    (clip,) = read_clips(tmp_path)
    assert clip.film is not None
