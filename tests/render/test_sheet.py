import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.render.sheet import SheetRow, contact_sheet
from chereme.types import DOUBTS, Prediction, Ranked


def row(signing, *, because=None, share=0.75):
    frames = [np.full((64, 64, 3), (200, 30, 30), np.uint8)] * 10
    prediction = Prediction((Ranked("Água", share), Ranked("pai", 1 - share)), because)
    return SheetRow("signed: Água", frames, signing, prediction)


def test_a_row_more_makes_the_sheet_higher_by_its_pictures(signing):
    one = contact_sheet([row(signing)], "heading", "note")
    two = contact_sheet([row(signing)] * 2, "heading", "note")
    assert two.shape[1] == one.shape[1]
    assert two.shape[0] - one.shape[0] > 300


def test_frames_and_skeleton_are_on_it(signing):
    sheet = contact_sheet([row(signing)], "heading", "note")
    assert ((sheet == (200, 30, 30)).all(-1)).sum() > 5 * 60 * 60
    nobody = signing.with_points(np.full_like(signing.points, np.nan))
    without = contact_sheet([row(nobody)], "heading", "note")
    lines = (sheet != without).any(-1)
    assert lines.sum() > 500
    assert not lines[: 18 + 48 + 190].any()  # the plain pictures above are the same


def test_the_bar_is_as_long_as_the_word_is_probable(signing):
    def blue(share):
        sheet = contact_sheet([row(signing, share=share)], "heading", "note")
        return (sheet == (46, 110, 168)).all(-1).sum()

    assert blue(0.8) / blue(0.4) == pytest.approx(2, rel=0.05)


def test_why_a_clip_was_declined_is_written_on_it(signing):
    sheets = [contact_sheet([row(signing, because=because)], "heading", "note") for because in (None, *DOUBTS)]
    for number, sheet in enumerate(sheets):
        assert all((sheet != other).any() for other in sheets[:number])


def test_a_long_note_is_wrapped_not_cut(signing):
    short = contact_sheet([row(signing)], "heading", "note")
    long = contact_sheet([row(signing)], "heading", "words of a note " * 60)
    assert long.shape[1] == short.shape[1]
    assert long.shape[0] > short.shape[0] + 50


@pytest.mark.parametrize("rows", [[], ["empty"]])
def test_nothing_to_show_is_said(signing, rows):
    empty = SheetRow("x", [], signing, Prediction((), "no_hand"))
    with pytest.raises(ClipError, match="at least one clip"):
        contact_sheet([empty for _ in rows], "heading", "note")
