import sys
import types

import numpy as np
import pytest

from chereme.dataset.pose_pairs import read_pairs
from chereme.dataset.split import hold_out
from chereme.dataset.store import pack
from chereme.errors import ManifestError, MissingExtraError
from chereme.features.body_frame import ISIGN_76
from chereme.poses import write_pose
from made_up import made_up_signer

ROWS = ["uid,text"] + [f"abc{video}-{number},A sentence {number}" for video in range(3) for number in range(2)]


@pytest.fixture
def isign(tmp_path, rng):
    """A CSV and .pose files as iSign has them, one row without its file."""
    for row in ROWS[1:]:
        write_pose(made_up_signer(12, rng), tmp_path / "poses" / f"{row.split(',')[0]}.pose")
    table = tmp_path / "iSign_v1.1.csv"
    table.write_text("\n".join([*ROWS, "abc9-1,lost"]), encoding="utf-8")
    return table, tmp_path / "poses"


def test_a_csv_and_its_poses_become_a_store(isign, tmp_path):
    table, poses = isign
    store = pack(read_pairs(str(table), poses, ISIGN_76), tmp_path / "store")
    assert len(store) == 6
    assert store.layout == ISIGN_76
    assert store.clips[1].gloss == "A sentence 1"
    assert {clip.source for clip in store.clips} == {"abc0", "abc1", "abc2"}
    face = [i for i, name in enumerate(ISIGN_76.names) if name.startswith("face/")]
    assert np.isnan(store.points[:, face]).all()
    assert np.isfinite(store.sequence(0).group("left_hand")).all()
    parts = hold_out(store.clips, ["source"], test=0.34, validation=0)
    for video in ("abc0", "abc1", "abc2"):
        assert len({parts[f"{video}-{n}"] for n in range(2)}) == 1


def test_other_columns_are_read(isign):
    table, poses = isign
    table.write_text("path,gloss,source,language\nabc0-0.pose,CASA,one,bzs\n", encoding="utf-8-sig")
    ((clip, _),) = read_pairs(str(table), poses, ISIGN_76)
    assert (clip.gloss, clip.source, clip.language) == ("CASA", "one", "bzs")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("uid,words\nabc0-0,x", "line 2: needs one of uid, id, path and one of gloss, text", id="column"),
        pytest.param("uid,text\nabc0-0,x\nabc0-0,y", "line 3: uid 'abc0-0' stands there twice", id="twice"),
        pytest.param("uid,text\nnowhere,x", "none of its 1 rows", id="no poses"),
        pytest.param("uid,text\n", "none of its 0 rows", id="empty"),
    ],
)
def test_tables_that_make_no_sense(isign, text, said):
    table, poses = isign
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=said):
        list(read_pairs(str(table), poses, ISIGN_76))


def test_no_table(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read"):
        list(read_pairs(str(tmp_path / "x.csv"), None, ISIGN_76))


def test_a_data_set_of_hugging_face_is_read_with_the_users_token(isign, monkeypatch):
    """By a stand-in for the library: no network is asked."""
    asked = []

    def load_dataset(name, config, token):
        asked.append((name, config, token))
        return {"train": [{"uid": "abc0-0", "text": "A sentence"}], "more": [{"uid": "abc1-0", "text": "Another"}]}

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HUGGINGFACE_HUB_TOKEN", "secret")
    found = list(read_pairs("hf:Exploration-Lab/iSign:iSign_v1.1", isign[1], ISIGN_76))
    assert asked == [("Exploration-Lab/iSign", "iSign_v1.1", "secret")]
    assert [clip.gloss for clip, _ in found] == ["A sentence", "Another"]
    with pytest.raises(ManifestError, match="--poses"):
        list(read_pairs("hf:a/b", None, ISIGN_76))
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"chereme\[text\]"):
        list(read_pairs("hf:a/b", isign[1], ISIGN_76))
