import numpy as np
import pytest

from chereme.errors import RecipeError, UnseenError
from chereme.features.body_frame import ISIGN_76, PoseConfig, from_values, produced_bones, to_values


def test_the_152_numbers_stand_where_the_source_has_them():
    assert PoseConfig("isign_76").size == 152
    names = ISIGN_76.names
    assert names[0] == "left_hand/wrist"
    assert names[21] == "right_hand/wrist"
    assert names[42:44] == ("pose/nose", "pose/left_eye")
    assert names[53] == "face/61"
    assert names[-1] == "face/9"
    assert len(names) == 76


@pytest.mark.parametrize("dims", [2, 3])
def test_there_and_back_keeps_the_form(signing, dims):
    config = PoseConfig(dims=dims)
    values = to_values(signing, config)
    assert values.shape == (len(signing), 55 * dims)
    back = from_values(values, config, (640, 480))
    again = to_values(back, config)
    wrists = [config.layout.index(f"pose/{side}_wrist") for side in ("left", "right")]
    others = np.delete(np.arange(55), wrists)
    kept = [values.reshape(len(values), 55, dims)[:, others], again.reshape(len(values), 55, dims)[:, others]]
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-4)
    assert back.size == (640, 480)


def test_wrists_are_joined_to_hands_and_the_unseen_stays_so(signing):
    config = PoseConfig()
    values = to_values(signing, config).reshape(-1, 55, 2)
    values[2, config.layout.groups["left_hand"]] = np.nan
    back = from_values(values.reshape(len(values), -1), config)
    assert np.isnan(back.group("left_hand")[2]).all()
    assert np.isfinite(back.landmark("pose/left_wrist")[2]).all()
    np.testing.assert_allclose(
        back.landmark("pose/left_wrist")[5, :2], back.landmark("left_hand/wrist")[5, :2], atol=1e-6
    )


def test_place_size_and_rate_are_taken_out(signing):
    moved = signing.with_points(signing.points * 2 + 1)
    slow = signing.with_points(np.repeat(signing.points, 2, 0), fps=50)
    config = PoseConfig()
    np.testing.assert_allclose(to_values(moved, config), to_values(signing, config), atol=1e-4)
    assert to_values(slow, config).shape == to_values(signing, config).shape
    assert len(to_values(signing, PoseConfig(max_frames=7))) == 7


def test_nobody_is_said(signing):
    nobody = signing.with_points(np.full_like(signing.points, np.nan))
    with pytest.raises(UnseenError, match="both shoulders"):
        to_values(nobody, PoseConfig())


def test_bones_are_of_hands_and_arms():
    names = ISIGN_76.names
    shown = {(names[a], names[b]) for a, b in produced_bones(PoseConfig("isign_76"))}
    assert ("pose/left_shoulder", "pose/left_elbow") in shown
    assert ("left_hand/wrist", "left_hand/thumb_cmc") in shown
    assert len(shown) == 42 + 5


def test_points_that_nobody_knows():
    with pytest.raises(RecipeError, match="known: upper_body_55, isign_76"):
        PoseConfig("all")
