"""The portal's data file, written and read."""

from io import BytesIO

import numpy as np
import pytest

from chereme.dataset.npz import FeatureTable, read_npz, write_npz
from chereme.errors import ManifestError


@pytest.fixture
def arrays(rng):
    return {
        "features": rng.normal(size=(3, 84)).astype(np.float32),
        "labels": np.array([0, 2, 0]),
        "label_names": np.array(["A", "nothing", "Ç"]),
    }


def test_there_and_back(tmp_path, arrays):
    table = FeatureTable(arrays["features"], arrays["labels"], ("A", "nothing", "Ç"))
    write_npz(table, tmp_path / "deep/x.npz")
    back = read_npz(tmp_path / "deep/x.npz")
    np.testing.assert_array_equal(back.features, table.features)
    np.testing.assert_array_equal(back.labels, table.labels)
    assert back.label_names == table.label_names
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["x.npz"]


def test_the_schema_is_the_portals(tmp_path, arrays):
    write_npz(FeatureTable(arrays["features"], arrays["labels"], ("A", "nothing", "Ç")), tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert {key: (file[key].dtype.kind, file[key].dtype.itemsize, file[key].shape) for key in file} == {
            "features": ("f", 4, (3, 84)),
            "labels": ("i", 8, (3,)),
            "label_names": ("U", 28, (3,)),
        }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"label_names": None}, "no label_names in it"),
        ({"features": np.zeros((3, 63), np.float32)}, r"features of shape \(3, 63\)"),
        ({"features": np.zeros((3, 42, 2), np.float32)}, r"features of shape \(3, 42, 2\)"),
        ({"features": np.full((3, 84), np.nan, np.float32)}, "features of row 0 hold NaN or infinity"),
        ({"features": np.full((3, 84), 1e300)}, "features of row 0 hold NaN or infinity"),
        ({"features": np.full((3, 84), "0.5")}, r"\(N, 84\) numbers are needed"),
        ({"labels": np.array([0, 1])}, r"labels of shape \(2,\), 3 whole numbers"),
        ({"labels": np.array([0.0, 1, 2])}, "whole numbers are needed"),
        ({"labels": np.array([0, 3, 0])}, "labels from 0 to 3 for 3 label_names"),
        ({"labels": np.array([0, -1, 0])}, "labels from -1 to 0"),
        ({"label_names": np.array(["A", "B", "C"], dtype=object)}, "cannot be read as .npz"),
        ({"label_names": np.array("ABC")}, r"label_names of shape \(\)"),
        ({"label_names": np.array([["A", "B"]] * 6)}, r"label_names of shape \(6, 2\)"),
        ({"label_names": np.array([1, 2, 3])}, "a list of names"),
        ({"label_names": np.array([b"A", b"B", b"C"])}, "a list of names"),
        ({"label_names": np.array(["A", "B", "A"])}, "names 'A' twice"),
    ],
)
def test_another_schema_is_refused(tmp_path, arrays, change, says):
    changed = {key: value for key, value in {**arrays, **change}.items() if value is not None}
    np.savez(tmp_path / "x.npz", **changed)
    with pytest.raises(ManifestError, match=says):
        read_npz(tmp_path / "x.npz")


def an_array() -> bytes:
    file = BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut short", an_array()])
def test_what_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ManifestError, match=r"cannot be read as \.npz"):
        read_npz(tmp_path / "x.npz")
