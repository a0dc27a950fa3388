"""Embeddings of one sign are drawn together along the directions in which its clips differ."""

import numpy as np
import torch

from chereme.models import ConvTransformer, ModelConfig
from chereme.train.space import fit_space, within_class_whitening


def two_directions(rng):
    """Eight signs that differ along the first axis, their clips along the second, three times as much."""
    classes = np.repeat(np.arange(8), 20)
    points = rng.normal(0, 0.05, (160, 4)).astype(np.float32)
    points[:, 0] += np.linspace(-1, 1, 8)[classes]
    points[:, 1] += rng.normal(0, 3, 160)
    return points, classes


def test_what_varies_within_a_sign_counts_less(rng):
    points, classes = two_directions(rng)
    moved = points @ within_class_whitening(points, classes, 1e-3)
    means = np.stack([moved[classes == k].mean(0) for k in range(8)])
    nearest = np.linalg.norm(moved[:, None] - means[None], axis=-1).argmin(1)
    before = np.stack([points[classes == k].mean(0) for k in range(8)])
    plain = np.linalg.norm(points[:, None] - before[None], axis=-1).argmin(1)
    assert (nearest == classes).mean() > 0.9
    assert (plain == classes).mean() < 0.6


def test_signs_of_one_clip_change_nothing(rng):
    points = rng.normal(size=(5, 3)).astype(np.float32)
    assert (within_class_whitening(points, np.arange(5)) == np.eye(3)).all()


def test_a_model_places_its_embeddings_by_it(rng):
    model = ConvTransformer(3, 8, ModelConfig(width=8, heads=2, embedding=4, classifier="cosine")).eval()
    points, classes = two_directions(rng)
    untouched = model.place(torch.from_numpy(points))
    torch.testing.assert_close(untouched, torch.nn.functional.normalize(torch.from_numpy(points)))
    fit_space(model, lambda: points, classes)
    placed = model.place(torch.from_numpy(points))
    torch.testing.assert_close(placed.norm(dim=1), torch.ones(160))
    assert not torch.allclose(placed, untouched)
