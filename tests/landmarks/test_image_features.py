"""Image encoders: a tiny one made in sight, whose features can be worked out by hand."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from chereme.errors import LayoutError, ManifestError, RecipeError
from chereme.landmarks import ExtractConfig, extract_clip, open_extractor
from chereme.landmarks.image_features import ImageEncoder, check_encoder, network_input
from chereme.landmarks.job import plan_job, run_job
from chereme.layout import BODY_HANDS_75, image_count, image_layout, layout_named
from chereme.poses import read_pose, write_pose
from chereme.preprocess import PreprocessConfig, preprocess
from made_up import colour_encoder

PLAIN = {"size": "8", "mean": "0,0,0", "std": "1,1,1"}


def other_encoder(path, node, weights=(), inputs=("float", ["N", 3, 8, 8])):
    kinds = {"float": TensorProto.FLOAT, "uint8": TensorProto.UINT8}
    graph = helper.make_graph(
        [node],
        "encoder",
        [helper.make_tensor_value_info("picture", kinds[inputs[0]], inputs[1])],
        [helper.make_tensor_value_info("features", kinds[inputs[0]], None)],
        list(weights),
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_features_are_those_of_the_picture(tmp_path):
    encoder = ImageEncoder(colour_encoder(tmp_path / "e.onnx", **PLAIN))
    image = np.full((10, 10, 3), (255, 51, 0), np.uint8)
    np.testing.assert_allclose(encoder.encode(image), [1, 0.2, 0, 1.2], atol=1e-6)
    points, confidence = encoder.look(image)
    np.testing.assert_allclose(points, [[1, 0.2, 0], [1.2, 0, 0]], atol=1e-6)  # four numbers, filled up with zeros
    assert confidence.tolist() == [1, 1]
    assert (encoder.count, encoder.layout.name) == (4, "image_4")
    encoder.close()
    encoder.close()


def test_how_a_picture_is_brought_to_it_stands_in_the_file(tmp_path):
    about = {"size": "8", "mean": "0.5,0.5,0.5", "std": "0.25,0.5,1"}
    encoder = ImageEncoder(colour_encoder(tmp_path / "e.onnx", **about))
    image = np.full((8, 8, 3), 255, np.uint8)
    np.testing.assert_allclose(encoder.encode(image)[:3], [2, 1, 0.5], atol=1e-6)
    usual = ImageEncoder(colour_encoder(tmp_path / "f.onnx"))
    assert usual.size == 224
    np.testing.assert_allclose(usual.mean, [0.485, 0.456, 0.406], atol=1e-6)


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (4, 8)])
def test_nothing_is_cut_off_and_proportions_stay(size):
    width, height = size
    image = np.full((height, width, 3), 255, np.uint8)
    made = network_input(image, 8, np.full(3, 0.5, np.float32), np.full(3, 0.5, np.float32))
    assert made.shape == (1, 3, 8, 8)
    seen = made[0, 0] != 0
    assert seen.sum() == 32  # half of the square; the mean colour, 0, on both sides of it
    assert (seen == seen[::-1, ::-1]).all()
    assert seen.any(0).sum() == (8 if width >= height else 4)


@pytest.mark.parametrize(
    ("axes", "shape"), [pytest.param(None, (3,), id="feature maps"), pytest.param((1, 3, 64), (64,), id="patches")]
)
def test_maps_and_patches_become_their_mean(tmp_path, axes, shape):
    if axes is None:
        path = other_encoder(tmp_path / "e.onnx", helper.make_node("Identity", ["picture"], ["features"]))
    else:
        target = numpy_helper.from_array(np.array(axes, np.int64), "axes")
        path = other_encoder(
            tmp_path / "e.onnx", helper.make_node("Reshape", ["picture", "axes"], ["features"]), [target]
        )
    assert ImageEncoder(path).encode(np.zeros((8, 8, 3), np.uint8)).shape == shape


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"size": "x"}, "settings cannot be read"),
        ({"size": "2"}, "settings that cannot be: size 2"),
        ({"size": "8", "std": "0,1,1"}, "settings that cannot be"),
        ({"size": "8", "mean": "0,1"}, "settings that cannot be"),
    ],
)
def test_settings_that_cannot_be(tmp_path, about, message):
    with pytest.raises(RecipeError, match=message):
        ImageEncoder(colour_encoder(tmp_path / "e.onnx", **about))


def test_what_is_no_encoder_is_said(tmp_path):
    with pytest.raises(RecipeError, match="no such file"):
        ImageEncoder(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(RecipeError, match="not an ONNX model that can be run"):
        ImageEncoder(tmp_path / "text.onnx")
    same = helper.make_node("Identity", ["picture"], ["features"])
    with pytest.raises(RecipeError, match="not float pictures"):
        ImageEncoder(other_encoder(tmp_path / "flat.onnx", same, inputs=("float", ["N", 12])))
    with pytest.raises(RecipeError, match="not float pictures"):
        ImageEncoder(other_encoder(tmp_path / "bytes.onnx", same, inputs=("uint8", ["N", 3, 8, 8])))
    path = colour_encoder(tmp_path / "size.onnx", size="224", side=8)
    with pytest.raises(RecipeError, match="size 224 for an input"):
        ImageEncoder(path)
    root = helper.make_node("Log", ["picture"], ["features"])
    with pytest.raises(RecipeError, match="gives numbers that are none"):
        ImageEncoder(other_encoder(tmp_path / "log.onnx", root)).encode(np.zeros((8, 8, 3), np.uint8))


def test_a_film_becomes_a_sequence_of_features(tmp_path, film):
    encoder = colour_encoder(tmp_path / "e.onnx", **PLAIN)
    path = film("a.mp4", frames=12)
    sequence = extract_clip(path, ExtractConfig(encoder=str(encoder)))
    assert (len(sequence), sequence.fps, sequence.layout.name) == (12, 10, "image_4")
    assert (sequence.points[:, 0, 0] > sequence.points[:, 0, 1]).all()  # a quarter of it is red
    again = extract_clip(path, ExtractConfig(encoder=str(encoder)))
    assert (again.points == sequence.points).all()
    write_pose(sequence, tmp_path / "a.pose")
    read = read_pose(tmp_path / "a.pose")
    np.testing.assert_allclose(read.points, sequence.points, rtol=1e-6)
    assert read.layout == layout_named("image_4")


def test_large_features_fit_a_pose_file(tmp_path, film):
    encoder = colour_encoder(tmp_path / "e.onnx", size="8", mean="0,0,0", std="0.0001,0.0001,0.0001")
    sequence = extract_clip(film("a.mp4", frames=2), ExtractConfig(encoder=str(encoder)))
    assert sequence.points.max() > 3000  # times the picture's height, more than the header's 65,535
    write_pose(sequence, tmp_path / "a.pose")
    np.testing.assert_allclose(read_pose(tmp_path / "a.pose").points, sequence.points, rtol=1e-6)


def test_a_job_notes_the_encoder_and_old_jobs_stay_valid(tmp_path, film):
    first, second = colour_encoder(tmp_path / "e.onnx", **PLAIN), colour_encoder(tmp_path / "f.onnx", size="16")
    films = [film("films/a.mp4", frames=3), film("films/b.mp4", frames=3)]
    job = plan_job(films, tmp_path / "out", ExtractConfig(encoder=str(first)))
    assert [o.error for o in run_job(job, 1)] == ["", ""]
    assert len(plan_job(films, tmp_path / "out", ExtractConfig(encoder=str(first))).finished) == 2
    with pytest.raises(ManifestError, match="was made with other settings"):
        plan_job(films, tmp_path / "out", ExtractConfig(encoder=str(second)))
    plan_job(films, tmp_path / "landmarks", ExtractConfig())
    assert '"encoder"' not in (tmp_path / "landmarks" / "extract.json").read_text()
    assert '"onnxruntime' in (tmp_path / "out" / "extract.json").read_text()


def test_settings_that_do_not_go_together():
    with pytest.raises(RecipeError, match="neither a layout nor a task"):
        ExtractConfig(encoder="e.onnx", layout="hands_42")


def test_the_extractor_of_an_encoder_is_one(tmp_path):
    path = colour_encoder(tmp_path / "e.onnx", **PLAIN)
    with open_extractor(ExtractConfig(encoder=str(path))) as extractor:
        assert extractor.layout.name == "image_4"


def test_layouts_of_features():
    assert [len(image_layout(n)) for n in (1, 3, 4, 512)] == [1, 1, 2, 171]
    assert image_count(layout_named("image_512")) == 512
    assert image_count(BODY_HANDS_75) == 0
    for name in ("image_0", "image_", "image_x"):
        with pytest.raises(LayoutError, match="no layout is called"):
            layout_named(name)
    with pytest.raises(RecipeError, match=r"known: .*image_512"):
        PreprocessConfig(layout="image_0")


def test_features_are_left_as_they_are(tmp_path, film, signing):
    encoder = colour_encoder(tmp_path / "e.onnx", **PLAIN)
    sequence = extract_clip(film("a.mp4", frames=5), ExtractConfig(encoder=str(encoder)))
    ready = preprocess(sequence, PreprocessConfig(layout="image_4"))
    assert (ready.points == sequence.points).all()
    with pytest.raises(LayoutError, match="extract the video anew with `chereme extract --encoder`"):
        preprocess(signing, PreprocessConfig(layout="image_4"))
    for other in ("image_1", "image_5"):  # some numbers of another encoder are no use, and both may fill two points
        with pytest.raises(LayoutError, match=f"not what {other} names"):
            preprocess(sequence, PreprocessConfig(layout=other))


def test_an_encoder_must_give_what_the_recipe_reads(tmp_path):
    path = colour_encoder(tmp_path / "e.onnx", **PLAIN)
    check_encoder(path, layout_named("image_4"))
    with pytest.raises(RecipeError, match='write `\\[preprocess\\] layout = "image_4"`'):
        check_encoder(path, layout_named("image_5"))
