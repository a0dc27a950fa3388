"""`back-recognition`: does a recognizer that was trained on other clips name the signs that were produced?"""

from pathlib import Path

import torch

from chereme.bench import BenchResult
from chereme.bench.producing import APART, OURS, apart, apart_judge, ours, padded_peer, signs_of, store_of
from chereme.errors import CheremeError
from chereme.produce import Producer
from chereme.recognize import Recognizer
from chereme.types import PoseSequence


def measure(data: str | Path | None = None) -> BenchResult:
    """Share of the 43 words; producers learn from the training part, the recognizer from other blocks.

    About a quarter of an hour on one core. Work is in `runs/bench/back-recognition`, where it resumes; `loop` uses it.
    """
    work = Path("runs/bench/back-recognition")
    store = store_of(data, work)
    torch.set_num_threads(1)
    judge = apart_judge(store, work / "judge")
    producers: dict[str, Producer] = {
        "ours": ours(signs_of(store, ("train",)), work / OURS),
        "padded-MSE GRU": padded_peer(store, work / "padded-gru"),
    }
    words = sorted(producers["ours"].glosses)
    read: dict[str, dict[str, str]] = {}
    for name, producer in producers.items():
        read[name] = {word: _read(judge, producer.produce(word)) for word in words}
    right = {name: sum(word == said for word, said in row.items()) / len(words) for name, row in read.items()}
    peer = right["padded-MSE GRU"]
    return BenchResult(
        "back-recognition",
        right["ours"],
        "share of produced words named right",
        "the source's GRU trained by padded mean square error on the same clips, 30 epochs",
        peer,
        right["ours"] / peer if peer else float("inf"),
        len(words),
        {
            "split": APART,
            "words_of_one_block": apart(store)[1],
            "misread": {name: {w: s for w, s in row.items() if w != s} for name, row in read.items()},
            "seeds": [0],
        },
    )


def _read(judge: Recognizer, sign: PoseSequence) -> str:
    """The best word, declined or not: what is asked is which word the sign looks like."""
    try:
        prediction = judge.recognize(sign)
    except CheremeError as error:
        return f"nothing: {error}"
    return prediction.ranked[0].gloss
