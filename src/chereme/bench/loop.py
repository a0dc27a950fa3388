"""`loop`: text, glosses, poses, a drawn film, landmarks, and the words that a recognizer of other clips reads."""

from pathlib import Path

import torch

from chereme.bench import BenchResult
from chereme.bench.producing import APART, OURS, apart, apart_judge, ours, signs_of, store_of
from chereme.errors import CheremeError
from chereme.landmarks import extract_clip
from chereme.produce import Decoder
from chereme.render import draw_signer, write_video


def measure(data: str | Path | None = None) -> BenchResult:
    """Share of the 43 bundled words named right from their drawn films; about ten minutes on one core.

    Producer and recognizer are those of `back-recognition`, which knows their folders: neither saw the other's blocks.
    """
    work = Path("runs/bench/back-recognition")
    store = store_of(data, work)
    torch.set_num_threads(1)
    judge = apart_judge(store, work / "judge")
    made = work / OURS
    producer = Decoder.load(made) if made.is_dir() else ours(signs_of(store, ("train",)), made)
    films = work / "films"
    films.mkdir(exist_ok=True)
    right, direct, misread = [], [], {}
    for word in sorted(producer.glosses):
        sign = producer.produce(word)
        film = films / f"{word}.mp4"
        write_video(draw_signer(sign), film, sign.fps)
        try:
            said = judge.recognize(extract_clip(film)).ranked[0].gloss
        except CheremeError as error:
            said = f"nothing: {error}"
        right.append(said == word)
        direct.append(judge.recognize(sign).ranked[0].gloss == word)
        if said != word:
            misread[word] = said
    share, without = sum(right) / len(right), sum(direct) / len(direct)
    return BenchResult(
        "loop",
        share,
        "share of words named right from the drawn film",
        "the same signs, read without being drawn and found again",
        without,
        share / without if without else float("inf"),
        len(right),
        {
            "split": APART,
            "words_of_one_block": apart(store)[1],
            "misread": misread,
            "seeds": [0],
        },
    )
