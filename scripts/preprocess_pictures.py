"""Draw the pictures of docs/preprocess.md (`make docs`).

The signer is the decoder behind `chereme demo`: drawn from a word, no person's landmarks. It holds still before and
after the word, is filmed off centre and small, and the film goes through `chereme preprocess --explain`.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np

from chereme.cli.preprocess import command
from chereme.produce import Decoder
from chereme.render import draw_signer, write_video

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WORD = "Newspaper"
HEIGHT, WIDTH = 480, 854


def main() -> None:
    """Film the word, preprocess the film, keep the pictures."""
    sign = Decoder.load().produce(WORD)
    still = np.r_[[0] * 22, np.arange(len(sign)), [len(sign) - 1] * 18]
    frames = []
    for drawn in draw_signer(sign.with_points(sign.points[still]), HEIGHT * 3 // 4):
        frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        frame[:] = drawn[0, 0]
        frame[-len(drawn) :, 160 : 160 + drawn.shape[1]] = drawn
        frames.append(frame)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / f"{WORD}.mp4"
        write_video(frames, film, sign.fps)
        mix = ["--set=trim.difference=0.3", "--set=trim.background=0.7"]
        command([str(film), "-o", folder, "--explain", *mix], standalone_mode=False)
        for kind in ("motion.png", "before-after.png"):
            shutil.copyfile(film.with_name(f"{WORD}-{kind}"), PICTURES / f"preprocess-{kind}")


if __name__ == "__main__":
    main()
