import numpy as np
import pytest

from chereme.errors import LayoutError, PoseFileError
from chereme.layout import BODY_HANDS_75, HOLISTIC_543
from chereme.poses import pose_from_bytes, pose_to_bytes, read_pose, write_pose
from chereme.types import PoseSequence


def test_what_is_written_is_read(signing, tmp_path):
    points = signing.points.copy()
    points[3:9, signing.layout.groups["left_hand"]] = np.nan
    sequence = signing.with_points(points)
    write_pose(sequence, tmp_path / "a.pose")
    read = read_pose(tmp_path / "a.pose")
    assert read.layout is BODY_HANDS_75
    assert (read.fps, read.size) == (25.0, (1280, 720))
    np.testing.assert_allclose(read.points, points, atol=1e-6)
    np.testing.assert_array_equal(read.confidence > 0, sequence.seen)


def test_a_seen_point_without_confidence_is_still_seen(signing):
    confidence = np.zeros((50, 75), np.float32)
    read = pose_from_bytes(pose_to_bytes(PoseSequence(signing.points, signing.layout, 25.0, (640, 480), confidence)))
    assert read.seen.all()


@pytest.mark.parametrize(
    "content", [b"", b"not a pose", b"\x00" * 400, bytes(range(256)) * 4], ids=["empty", "text", "zeros", "noise"]
)
def test_what_is_no_pose_file_is_said(tmp_path, content):
    (tmp_path / "a.pose").write_bytes(content)
    with pytest.raises(PoseFileError, match=r"a\.pose: "):
        read_pose(tmp_path / "a.pose")


def test_a_version_of_the_future_is_said(signing, tmp_path):
    data = pose_to_bytes(signing)
    (tmp_path / "a.pose").write_bytes(np.float32(0.3).tobytes() + data[4:])
    with pytest.raises(PoseFileError, match=r"a\.pose: not a \.pose file"):
        read_pose(tmp_path / "a.pose")


def test_a_truncated_file_is_said(signing, tmp_path):
    (tmp_path / "a.pose").write_bytes(pose_to_bytes(signing)[:-1000])
    with pytest.raises(PoseFileError, match=r"a\.pose: not a \.pose file, or cut short"):
        read_pose(tmp_path / "a.pose")


def test_a_path_that_cannot_be_read_is_said(tmp_path):
    with pytest.raises(PoseFileError, match="No such file"):
        read_pose(tmp_path / "none.pose")
    with pytest.raises(PoseFileError, match="Is a directory"):
        read_pose(tmp_path)


def test_files_of_every_version_and_tool_are_read(data):
    read = {p.stem: read_pose(p) for p in sorted((data / "pose_format_samples").glob("*.pose"))}
    assert len(read) == 17
    assert read["phoenix__25October_2010_Monday_tagesschau-17"].layout is HOLISTIC_543
    assert len(read["pose__openpose"]) == 93
    assert "hand_left_keypoints_2d" in read["pose__openpose"].layout.groups
    assert read["eval__LIBRARY"].pick(BODY_HANDS_75).layout is BODY_HANDS_75
    with pytest.raises(LayoutError, match="lacks 75 landmarks"):
        read["pose__openpose"].pick(BODY_HANDS_75)
