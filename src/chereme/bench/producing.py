"""What the benches of producers share: trained producers and a recognizer that never saw their clips."""

from collections.abc import Mapping
from pathlib import Path

from chereme.bundle import Bundle, Card
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl43
from chereme.dataset.store import Store, pack
from chereme.places import data_folder
from chereme.produce import Decoder
from chereme.produce.generate import Generator
from chereme.recipe import Recipe, find_recipe
from chereme.recognize import Recognizer
from chereme.train.bundled_producers import by_gloss
from chereme.train.config import RecognizerRecipe
from chereme.train.decoder import DecoderConfig, fit_decoder, write_decoder
from chereme.train.producer import train_producer
from chereme.train.producer_config import ProducerRecipe
from chereme.train.run import train_bundle
from chereme.train.typical_sign import TypicalSign, typical_sign

__all__ = ["APART", "OURS", "apart", "apart_judge", "ours", "padded_peer", "signs_of", "store_of"]

OURS = "isl43-producer"
_SET = "isl_include43_poses"
_CARD = Card("made for a bench", "Trained to be measured.", (_SET,), "none stated", "research", ())
APART = "producer: training part of isl43; recognizer: validation and test blocks in which the producer has no clip"
"""How clips are shared out, for the records."""
_PEER = [
    "pose.points='upper_body_55'", "pose.dims=3", "train.padded=true", "train.epochs=30", "train.patience=0",
    "train.length=0.1",
]  # fmt: skip


def store_of(data: str | Path | None, work: Path) -> Store:
    """isl43, packed in the bench's folder."""
    if (work / "store" / "store.json").is_file():
        return Store.open(work / "store")
    return pack(IMPORTERS[_SET](data_folder(data) / _SET), work / "store")


def signs_of(store: Store, parts: tuple[str, ...]) -> dict[str, TypicalSign]:
    """The typical sign of every word, from its clips in some parts of the split isl43."""
    part = isl43(store.clips)["isl43"]
    clips = [(clip, store.sequence(i)) for i, clip in enumerate(store.clips) if part[clip.id] in parts]
    return {gloss: typical_sign(own, gloss) for gloss, own in by_gloss(clips).items()}


def ours(signs: Mapping[str, TypicalSign], folder: Path, seed: int = 0) -> Decoder:
    """The recipe that ships, fitted to those signs, as a bundle in `folder`."""
    recipe = find_recipe(OURS).changed([f"decoder.seed={seed}", "decoder.demo=[]"])
    decoder = fit_decoder(signs, recipe.stage("decoder", DecoderConfig))
    return Decoder.load(write_decoder(folder, decoder, recipe, _CARD, "ins"))


def padded_peer(store: Store, folder: Path) -> Generator:
    """The GRU of the source by its own loss: padding and the unseen are zeros. 30 epochs on the training part."""
    recipe: Recipe = find_recipe("gloss-gru").changed(_PEER)
    part = {i: "train" for i, name in isl43(store.clips)["isl43"].items() if name == "train"}
    begun = (folder / "run.json").exists()
    if not (folder / "bundle").is_dir():
        train_producer(ProducerRecipe.read(recipe), store, part, folder, _CARD, split_name="train part", resume=begun)
    return Generator.load(folder / "bundle")


def apart(store: Store) -> tuple[set[str], list[str]]:
    """Ids of clips from blocks in which the training part has no clip; and words of one block, then other clips of it.

    The protocol validates on single clips of the training block where a word has two blocks.
    """
    parts = isl43(store.clips)["isl43"]
    taught = {(clip.gloss, clip.source) for clip in store.clips if parts[clip.id] == "train"}
    rest = [clip for clip in store.clips if parts[clip.id] != "train"]
    found = {clip.id for clip in rest if (clip.gloss, clip.source) not in taught}
    alone = sorted({clip.gloss for clip in rest} - {clip.gloss for clip in rest if clip.id in found})
    return found | {clip.id for clip in rest if clip.gloss in alone}, alone


def apart_judge(store: Store, folder: Path) -> Recognizer:
    """The recipe isl43 on other blocks than the training part's: it never saw a clip, nor a session, of it."""
    other = dict.fromkeys(sorted(apart(store)[0]), "train")
    if not (folder / "bundle").is_dir():
        recipe = RecognizerRecipe.read(find_recipe("isl43"))
        begun = (folder / "run.json").exists()
        train_bundle(recipe, store, other, folder, _CARD, split_name="other blocks", resume=begun)
    return Recognizer(Bundle.load(folder / "bundle"))
