"""Data cards of stores made in sight."""

import json
import tomllib

import numpy as np
import pytest

from chereme.dataset.card import CardAbout, read_about, write_card
from chereme.dataset.plots import plot_stats
from chereme.dataset.split import write_split
from chereme.dataset.stats import stats
from chereme.dataset.store import pack
from chereme.errors import ManifestError, RecipeError
from chereme.layout import BODY_HANDS_75, Layout
from chereme.types import Clip, PoseSequence

PNG = b"\x89PNG"


def store_of(tmp_path, clips, layout=BODY_HANDS_75, unseen=0.0):
    rng = np.random.default_rng(0)

    def items():
        for clip in clips:
            points = rng.random((12, len(layout), 3)).astype(np.float32)
            points[: round(12 * unseen), -21:] = np.nan
            yield clip, PoseSequence(points, layout, 25.0, (640, 480))

    return pack(items(), tmp_path / "signs")


@pytest.fixture
def store(tmp_path):
    clips = [Clip(f"{g}{s}", "", g, "bzs", s, "ines", licence="CC0") for g in ("mãe", "pai") for s in ("Ana", "B|o")]
    made = store_of(tmp_path, clips, unseen=0.5)
    write_split(tmp_path / "signs", "by-signer", {clips[0].id: "train", clips[2].id: "train", clips[1].id: "test"})
    return made


def test_a_card_says_what_is_in_a_set(store, tmp_path):
    about = CardAbout(title="Two words", licence="CC0, films too", consent="written, may be published")
    written = write_card(store, tmp_path / "card", about)
    page = (tmp_path / "card" / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# Two words\n\n4 clips of 2 signs by 2 signers")
    for part in (
        "CC0, films too",
        "written, may be published",
        "| mãe | 2 |",
        "| B\\|o | 2 |",
        "| by-signer | 2 | 0 | 1",
    ):
        assert part in page
    names = {path.name for path in written.files}
    for plot in ("classes", "signers", "sources", "durations", "rates", "sizes", "missing", "missing-by-signer"):
        assert f"({plot}.png)" in page
        assert (tmp_path / "card" / f"{plot}.png").read_bytes().startswith(PNG)
        assert f"{plot}.png" in names
    told = json.loads((tmp_path / "card" / "card.json").read_text(encoding="utf-8"))
    assert told["licences"] == {"CC0": 4}
    assert told["missing"]["no right_hand"] == 0.5
    assert told["sizes"] == [{"width": 640, "height": 480, "clips": 4}]
    assert written.missing == []
    assert told["audit"]["clean"] is written.audit.clean is True
    assert "Nothing was found." in page


def test_an_audit_stands_in_the_card(store, tmp_path):
    write_split(store.folder, "leaky", {"mãeAna": "train", "paiAna": "test", "mãeB|o": "train"})
    written = write_card(store, tmp_path / "card")
    assert not written.audit.clean
    assert "leaky: signer Ana: 1 test, 1 train" in (tmp_path / "card" / "README.md").read_text(encoding="utf-8")


def test_what_only_people_can_say_is_asked_for_and_kept(store, tmp_path):
    folder = tmp_path / "card"
    written = write_card(store, folder)
    assert written.missing == ["consent"]  # each clip has a licence
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "## Consent\n\n**Not stated.**" in page
    assert "do not pass this set on" in page
    asked = tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))
    assert set(asked.values()) == {""}
    (folder / "about.toml").write_text('consent = """Asked,\nand given."""\n', encoding="utf-8")
    again = write_card(store, folder)
    assert again.missing == []
    assert (folder / "about.toml").read_text(encoding="utf-8").startswith("consent")
    assert "Asked,\nand given." in (folder / "README.md").read_text(encoding="utf-8")


def test_what_is_not_known_is_not_drawn(tmp_path):
    lone = Layout("dot", ("point/a",), (), ())
    made = store_of(tmp_path, [Clip(str(i), "", f"sign {i}") for i in range(61)], lone)
    drawn = plot_stats(made, stats(made), tmp_path / "plots")
    assert [p.name for p in drawn] == ["classes.png", "durations.png", "rates.png", "sizes.png", "missing.png"]
    assert all(p.read_bytes().startswith(PNG) for p in drawn)
    write_card(made, tmp_path / "card")
    page = (tmp_path / "card" / "README.md").read_text(encoding="utf-8")
    assert "by unnamed signers" in page
    assert "## Signers\n\n**Not stated.**" in page
    assert "<details><summary>61 signs</summary>" in page


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param("licens = 'CC0'", RecipeError, "did you mean 'licence'", id="unknown field"),
        pytest.param("licence = 3", RecipeError, "licence", id="no text"),
        pytest.param("licence = ", ManifestError, "cannot be read", id="no TOML"),
    ],
)
def test_an_about_that_cannot_be_read(tmp_path, text, error, message):
    (tmp_path / "about.toml").write_text(text)
    with pytest.raises(error, match=message):
        read_about(tmp_path / "about.toml")
