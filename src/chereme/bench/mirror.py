"""`mirror`: what a recognizer loses when every clip is mirrored, as selfie cameras store them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.recipes import Entrant, Training, packed, train_all
from chereme.bundle import Bundle, clip_digest, find_bundle
from chereme.dataset.protocols import isl43, wlasl
from chereme.dataset.split import Split
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError
from chereme.places import data_folder
from chereme.recognize import DEFAULT_BUNDLE, DEFAULT_ENCODER, Recognizer
from chereme.types import Bools

__all__ = ["PEER", "loss_of", "measure", "mirrored_tests"]

PEER = Entrant(
    "lstm",
    ("preprocess.dominant=false", "augment.mirror=0"),
    "what turns left-handed signing round; no mirrored clip in training",
)
MIRRORED = "/mirrored"


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/mirror"),
    bundles: Sequence[str | Path] = (DEFAULT_BUNDLE, DEFAULT_ENCODER),
) -> BenchResult:
    """Accuracy on test clips less that on the same clips mirrored, beside an LSTM that knows no sides.

    Args:
        data: folder of the public data sets.
        only: see `train_all`; of the LSTM.
        changes: to the LSTM's recipe.
        work: folder in which stores and the LSTM's trainings are kept.
        bundles: of the 43 Indian words, whose loss is the figure, and of WLASL's glosses, recorded where it is there.
    """
    indian = packed(data, "isl_include43_poses", work / "isl43")
    split = isl43(indian.clips)["isl43"]
    both = mirrored_tests(indian, split, work / "isl43" / f"mirrored-{indian.folder.name}")
    doubled = {**split, **{clip.id: "test" for clip in both.clips if clip.id.endswith(MIRRORED)}}
    lstm = train_all(both, {"isl43": doubled}, (PEER,), work, only, changes)[PEER.recipe]
    ours = loss_of(Bundle.load(find_bundle(bundles[0])), indian, split)
    peer = [_lost(run) for run in lstm]
    theirs = round(float(np.mean([row["lost"] for row in peer])), 4)
    return BenchResult(
        "mirror",
        ours["lost"],
        "top-1 lost",
        f"recipe {PEER.recipe} without {PEER.left_out}, same split, mean of {len(lstm)} seeds",
        theirs,
        round(ours["lost"] / theirs, 4) if theirs else float("nan"),
        ours["n"],
        {
            "split": "isl43: the last block of each word",
            **ours,
            "seeds": list(PEER.seeds),
            "peer_by_seed": peer,
            **{str(Path(name).name): _on_wlasl(name, data, work) for name in bundles[1:]},
        },
    )


def loss_of(bundle: Bundle, store: Store, split: Split) -> dict[str, Any]:
    """Top-1 of a bundle on the test clips of a split, plain and mirrored, and the interval of the difference.

    Raises:
        CheremeError: the bundle was trained on one of them.
    """
    clips = [clip for clip in store.clips if split.get(clip.id) == "test"]
    if learnt := [clip.id for clip in clips if clip_digest(clip.id) in bundle.trained_on]:
        raise CheremeError(f"{bundle.name}: was trained on {len(learnt)} of these {len(clips)} test clips")
    reads = Recognizer(bundle)
    rows = [store.sequence(store.positions[clip.id]) for clip in clips]
    truth = np.array([bundle.labels.index(clip.gloss) if clip.gloss in bundle.labels else -1 for clip in clips])
    plain = np.array([reads.logits(sequence).argmax() for sequence in rows]) == truth
    mirrored = np.array([reads.logits(sequence.mirrored()).argmax() for sequence in rows]) == truth
    return {"bundle": bundle.name, **_difference(plain, mirrored)}


def mirrored_tests(store: Store, split: Split, folder: Path) -> Store:
    """A store that holds each test clip a second time, mirrored; packed once."""
    if not (folder / "store.json").is_file():
        whole = [(clip, store.sequence(i)) for i, clip in enumerate(store.clips)]
        whole += [
            (replace(clip, id=clip.id + MIRRORED), sequence.mirrored())
            for clip, sequence in whole
            if split.get(clip.id) == "test"
        ]
        pack(whole, folder)
    return Store.open(folder)


def _on_wlasl(name: str | Path, data: str | Path | None, work: Path) -> dict[str, Any]:
    """The same of the encoder on WLASL's test clips without a twin; why not, where it cannot be."""
    try:
        bundle = Bundle.load(find_bundle(name))
        store = packed(data, "wlasl_hands", work / "wlasl")
        found = loss_of(bundle, store, wlasl(store.clips, data_folder(data) / "wlasl_hands")["wlasl-distinct"])
    except CheremeError as error:
        return {"left_out": str(error)}
    return {**found, "split": "wlasl-distinct"}


def _lost(run: Training) -> dict[str, Any]:
    right = dict(zip(run.clips, (run.logits.argmax(1) == run.truth).tolist(), strict=True))
    plain = [i for i in run.clips if not i.endswith(MIRRORED)]
    found = _difference(np.array([right[i] for i in plain]), np.array([right[i + MIRRORED] for i in plain]))
    return {"seed": run.seed, **found}


def _difference(plain: Bools, mirrored: Bools) -> dict[str, Any]:
    """Top-1 as they are, mirrored and the difference, whose interval draws clips with both answers."""
    lost = plain.astype(np.float64) - mirrored.astype(np.float64)
    drawn = np.random.default_rng(0).choice(lost, (2000, len(lost))).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {
        "n": len(plain),
        "top1": round(float(plain.mean()), 4),
        "top1_mirrored": round(float(mirrored.mean()), 4),
        "lost": round(float(lost.mean()), 4),
        "lost_ci95": [round(float(low), 4), round(float(high), 4)],
    }
