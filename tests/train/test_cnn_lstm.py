"""From films over an image encoder to a recurrent model: the whole way by the commands, on drawn films."""

import json
from fractions import Fraction

import av
import numpy as np
import pytest
from click.testing import CliRunner

from chereme.bundle import Bundle
from chereme.cli import _cli
from chereme.errors import RecipeError
from chereme.export import LARGEST_DIFFERENCE, prove_bundle
from chereme.features import FeatureConfig, FeaturePlan
from chereme.layout import BODY_HANDS_75, layout_named
from chereme.recipe import Recipe, find_recipe
from chereme.train.config import RecognizerRecipe
from made_up import colour_encoder

SMALL = ["preprocess.layout=image_4", "model.width=16", "train.epochs=40", "train.rate=0.01", "train.patience=0"]


def draw(path, gloss, rng):
    """A light that goes on (`on`) or out (`out`) during the film: no single frame tells which."""
    path.parent.mkdir(parents=True, exist_ok=True)
    brightness = np.linspace(20, 230, 16) + rng.normal(0, 8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for i, level in enumerate(brightness if gloss == "on" else brightness[::-1]):
            image = np.clip(rng.normal(level, 5, (32, 32, 3)), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def chereme(*words):
    return CliRunner().invoke(_cli, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cnn")
    rng = np.random.default_rng(0)
    encoder = colour_encoder(folder / "encoder.onnx", size="16", mean="0.5,0.5,0.5", std="0.3,0.3,0.3")
    for gloss in ("on", "out"):
        for i in range(8):
            draw(folder / "videos" / gloss / f"{i}.mp4", gloss, rng)
    for words in (
        ("extract", folder / "videos", "-o", folder / "features", "--encoder", encoder, "--workers", 1, "--json"),
        ("dataset", "pack", folder / "videos", "--poses", folder / "features", "-o", folder / "store"),
    ):
        run = chereme(*words)
        assert run.exit_code == 0, run.output
    sets = [word for change in [*SMALL, f"image.encoder={encoder}"] for word in ("--set", change)]
    run = chereme(
        "train", "cnn-lstm", "--data", folder / "store", "--val-split", 0.25, "-o", folder / "run", "--json", *sets
    )
    assert run.exit_code == 0, run.output
    return folder, json.loads(run.stdout)


def test_order_in_time_is_learnt(trained):
    _, scores = trained
    assert scores["validation_top1"] == 1.0


def test_a_new_film_is_recognized_by_the_bundle_alone(trained, tmp_path, rng):
    folder, scores = trained
    (folder / "encoder.onnx").rename(tmp_path / "elsewhere.onnx")  # the bundle has its own
    try:
        for gloss in ("on", "out"):
            draw(tmp_path / f"{gloss}.mp4", gloss, rng)
        run = chereme("recognize", tmp_path / "on.mp4", tmp_path / "out.mp4", "--bundle", scores["bundle"], "--json")
    finally:
        (tmp_path / "elsewhere.onnx").rename(folder / "encoder.onnx")
    assert run.exit_code == 0, run.output
    assert [answer["predictions"][0]["gloss"] for answer in json.loads(run.stdout)] == ["on", "out"]


def test_a_packed_film_gives_the_same_as_the_film(trained):
    folder, scores = trained
    files = [folder / "features" / "on" / "0.pose", folder / "videos" / "on" / "0.mp4"]
    run = chereme("recognize", *files, "--bundle", scores["bundle"], "--json", "--top", 2)
    first, second = ({p["gloss"]: p["probability"] for p in answer["predictions"]} for answer in json.loads(run.stdout))
    assert first == pytest.approx(second, abs=1e-5)


def test_landmarks_are_refused_with_the_way_out(trained, signing, tmp_path):
    from chereme.poses import write_pose

    write_pose(signing, tmp_path / "clip.pose")
    run = chereme("recognize", tmp_path / "clip.pose", "--bundle", trained[1]["bundle"], "--json")
    assert run.exit_code == 1
    assert "chereme extract --encoder" in json.loads(run.stdout)[0]["error"]


def test_the_bundle_is_whole_and_its_models_agree(trained):
    folder, scores = trained
    bundle = Bundle.load(scores["bundle"])
    assert bundle.layout.name == "image_4"
    assert (bundle.folder / "encoder.onnx").read_bytes() == (folder / "encoder.onnx").read_bytes()
    assert prove_bundle(bundle, clips=12).largest_difference <= LARGEST_DIFFERENCE


def test_an_encoder_of_another_size_is_refused_before_training(trained, tmp_path):
    folder, _ = trained
    encoder = f"image.encoder={folder / 'encoder.onnx'}"
    with pytest.raises(RecipeError, match='layout = "image_4"'):
        chereme(
            *("train", "cnn-lstm", "--data", folder / "store", "--val-split", 0.25, "--set", encoder),
            *("-o", tmp_path / "run"),
        )
    assert not (tmp_path / "run").exists()


def test_features_need_their_layout():
    with pytest.raises(RecipeError, match="feature block image cannot be computed on layout body_hands_75"):
        RecognizerRecipe.read(find_recipe("cnn-lstm").changed([f"preprocess.layout={BODY_HANDS_75.name}"]))
    with pytest.raises(RecipeError, match="body_points cannot be computed on layout image_512"):
        RecognizerRecipe.read(Recipe.from_text("[preprocess]\nlayout = 'image_512'"))
    plan = FeaturePlan(layout_named("image_5"), FeatureConfig(blocks=("image",), velocities=()))
    assert plan.names == tuple(f"image/{i}" for i in range(5))
    values = plan.compute(np.arange(12, dtype=np.float32).reshape(2, 2, 3)[:1])
    assert values.tolist() == [[0, 1, 2, 3, 4]]  # what fills the last point up is left out
