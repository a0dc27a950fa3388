"""What each figure of the README and the bench page says, and the goal that it is held against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Goal:
    """What a figure should reach."""

    text: str
    met: Callable[[float], bool]


def at_least(bound: str) -> Goal:
    """A bound as it is printed; reached by itself."""
    return Goal(f"≥ {bound}", lambda found: found >= float(bound))


def at_most(bound: str) -> Goal:
    """A bound as it is printed; reached by itself."""
    return Goal(f"≤ {bound}", lambda found: found <= float(bound))


@dataclass(frozen=True)
class Figure:
    """A row of the table, made of the record of a bench."""

    bench: str
    what: str
    ours: Callable[[Record], str]
    peer: Callable[[Record], str]
    found: Callable[[Record], float]
    goal: Goal


def _accuracy(record: Record) -> str:
    low, high = record["top1_ci95"]
    seeds = len(record["seeds"])
    drawn = f"{record['n']} clips, {seeds} seed{'s' if seeds > 1 else ''}, over {record['resampled']}"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn})"


def _peer_accuracy(record: Record) -> str:
    return ", ".join(f"{name} {top1:.3f}" for name, top1 in record["peers"].items())


def _letters(record: Record) -> str:
    low, high = record["top1_ci95"]
    drawn = f"{record['n']} pictures, {len(record['by_seed'])} seeds, over {record['resampled']}"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn}; hands found {record['detection_rate']:.3f})"


def _portal(record: Record) -> str:
    hands = "the three signers alone" if "alone" in record["peer"] else "the same hands"
    return f"the portal's v1 on {hands} {record['peer_value']:.3f}"


def _recall(record: Record) -> str:
    low, high = record["recall1_ci95"]
    further = next(key for key in record if key.startswith("recall") and key not in ("recall1", "recall1_ci95"))
    rest = f"recall@{further.removeprefix('recall')} {record[further]:.3f}, MRR {record['mrr']:.3f}"
    drawn = f"{record['n']} clips, {len(record['seeds'])} seeds, over glosses"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn}; {rest})"


def _warping(record: Record) -> str:
    theirs, untrained = record["peer_scores"], record["untrained_net"]
    return (
        f"time warping {theirs['recall1']:.3f}, MRR {theirs['mrr']:.3f}; the net untrained {untrained['recall1']:.3f}"
    )


def _classics(record: Record) -> str:
    return ", ".join(f"{name} {row['top1']:.3f}" for name, row in record["peers"].items())


def _with_interval(key: str, more: Callable[[Record], str] = lambda record: "") -> Callable[[Record], str]:
    return lambda record: (
        f"**{record['value']:.3f}** (95 % {record[key][0]:.3f}–{record[key][1]:.3f}: {record['n']} clips{more(record)})"
    )


def _value(record: Record) -> float:
    return float(record["value"])


def _pair(unit: str, digits: int = 1) -> Callable[[Record], str]:
    return lambda record: f"{record['value']:.{digits}f} {unit}"


def _peer(unit: str, digits: int = 1) -> Callable[[Record], str]:
    return lambda record: f"{record['peer_value']:.{digits}f} {unit}"


def _ratio(record: Record) -> float:
    return float(record["ratio"])


ROWS: tuple[Figure, ...] = (
    Figure(
        "acc-isl43",
        "43 Indian words, last recording block of each held out: top-1",
        _accuracy,
        _peer_accuracy,
        _value,
        at_least("0.93"),
    ),
    Figure(
        "acc-isl30",
        "30 Indian signs (Kinect, arms only), one of ten signers left out: top-1",
        _accuracy,
        _peer_accuracy,
        _value,
        at_least("0.955"),
    ),
    Figure(
        "recipes-isl43",
        "43 Indian words, same block: our recipe beside the best of two other systems, trained alike; top-1",
        lambda record: f"**{record['value']:.3f}**",
        lambda record: f"{record['peer'].partition(',')[0]} {record['peer_value']:.3f}",
        lambda record: float(record["difference_ci95"][0] if record["ahead"] else min(record["difference"], 0.0)),
        Goal("lower end of the difference > 0", lambda found: found > 0),
    ),
    Figure(
        "train-time",
        "CPU seconds until `isl30-quick` knows a new signer as well as MiniRocket and ridge regression ÷ theirs",
        _pair("s"),
        _peer("s"),
        _ratio,
        at_most("2.5"),
    ),
    Figure(
        "acc-wlasl1700",
        "1,700 ASL glosses, official test clips without a twin in training, hands alone: top-1",
        _with_interval("top1_ci95", lambda record: f", {len(record['seeds'])} seeds; top-5 {record['top5']:.3f}"),
        _classics,
        _value,
        at_least("0.60"),
    ),
    Figure(
        "acc-wlasl100",
        "the same models, first 100 classes alone: top-1",
        _with_interval("top1_ci95", lambda record: f", {len(record['seeds'])} seeds; top-5 {record['top5']:.3f}"),
        _classics,
        _value,
        at_least("0.85"),
    ),
    Figure(
        "one-shot",
        "200 ASL glosses never trained on, looked up by one example each: recall@1",
        _recall,
        _warping,
        _value,
        at_least("0.65"),
    ),
    Figure(
        "one-shot-cross",
        "43 Indian words, looked up by one example each, trained on ASL alone: recall@1",
        _recall,
        _warping,
        _value,
        at_least("0.70"),
    ),
    Figure(
        "asl24",
        "films of 24 ASL words, looked up by one example each of another signer: recall@1",
        _recall,
        _warping,
        _value,
        at_least("0.75"),
    ),
    Figure(
        "mirror",
        "43 Indian words, every test clip mirrored: top-1 lost",
        lambda record: f"{record['value']:.3f} (of {record['top1']:.3f})",
        lambda record: f"an LSTM that knows no sides {record['peer_value']:.3f}",
        _value,
        at_most("0.02"),
    ),
    Figure(
        "unknown",
        "43 Indian words, a quarter of them never shown: known signs told from those, AUROC",
        _with_interval("auroc_ci95", lambda record: f", {len(record['seeds'])} seed"),
        lambda record: f"the likeliest gloss's probability {record['peer_value']:.3f}",
        _value,
        at_least("0.90"),
    ),
    Figure(
        "train-cost",
        "one training of the sign encoder, processor minutes",
        _pair("min"),
        lambda record: f"its FLOPs at the matrix rate of one thread {record['peer_value']:.1f} min",
        _value,
        at_most("30"),
    ),
    Figure(
        "infer-roofline",
        "one clip, one thread: ms ÷ its FLOPs at the matrix rate",
        _pair("ms", 2),
        _peer("ms", 2),
        _ratio,
        at_most("2.5"),
    ),
    Figure(
        "lexicon-search",
        "one sign among 10,000 examples: ms",
        _pair("ms", 2),
        lambda record: f"NumPy {record['peer_value']:.2f} ms",
        _value,
        at_most("5"),
    ),
    Figure(
        "lexicon-search",
        "one sign among a million examples: ms",
        lambda record: f"{record['million']['ms']:.2f} ms, recall@10 {record['million']['recall10']:.3f}",
        lambda record: f"NumPy {record['million']['numpy_ms']:.2f} ms",
        lambda record: float(record["million"]["ms"] if record["million"]["recall10"] >= 0.95 else "inf"),
        Goal("≤ 10 at ≥ 0.95", lambda found: found <= 10),
    ),
    Figure(
        "join-speed",
        "four dictionary signs joined to a phrase: ms per frame ÷ spoken-to-signed's concatenation of the same clips",
        lambda record: f"{record['value']:.2f} ms; a clip cut in two and mended {record['mended_ndtw_mje'][0]:.3f}",
        lambda record: f"{record['peer_value']:.2f} ms; {record['mended_ndtw_mje'][1]:.3f}",
        _ratio,
        at_most("0.1"),
    ),
    Figure(
        "join-dgs",
        "24 German sentences stitched from a dictionary, made running: nDTW-MJE to the signed ones ÷ plain stitching",
        lambda record: f"{record['value']:.3f}, {record['length_ratio']:.2f} × as long as signed",
        lambda record: f"{record['peer_value']:.3f}, {record['length_ratio_peer']:.2f} ×",
        _ratio,
        at_most("0.7"),
    ),
    Figure(
        "audit",
        "faults planted among 30 Indian signs (copies, labels, mirrored and leaking clips): share found",
        lambda record: f"**{record['value']:.3f}** of {record['n']}",
        lambda record: f"digests, labels and signers in pandas {record['peer_value']:.3f}",
        _value,
        at_least("0.95"),
    ),
    Figure(
        "audit",
        "the same: sound clips told wrongly, share",
        lambda record: f"{record['false_alarms']:.3f} of {record['sound_clips']}",
        lambda record: f"in pandas {record['peer_false_alarms']:.3f}",
        lambda record: float(record["false_alarms"]),
        at_most("0.01"),
    ),
    Figure(
        "produce-isl43",
        "43 Indian words produced, beside recordings of other blocks: nDTW-MJE in shoulder widths",
        lambda record: (
            f"**{record['value']:.3f}** (95 % {record['ndtw_mje_ci95'][0]:.3f}–{record['ndtw_mje_ci95'][1]:.3f}:"
            f" {record['n']} clips, {len(record['seeds'])} seeds, over words)"
        ),
        lambda record: (
            f"a copy of the word's medoid clip {record['peer_value']:.3f}; another clip of the same block"
            f" {record['floors']['another clip, same block']['ndtw_mje']:.3f}"
        ),
        _value,
        at_most("0.20"),
    ),
    Figure(
        "produce-isl43",
        "the same: share of recordings whose word is the nearest of all (retrieval@1)",
        lambda record: f"{record['retrieval1']:.3f}; among the nearest five {record['retrieval5']:.3f}",
        lambda record: f"copy {record['floors']['medoid copy']['retrieval1']:.3f}",
        lambda record: float(record["retrieval1"]),
        at_least("0.50"),
    ),
    Figure(
        "back-recognition",
        "43 produced words named by a recognizer that was trained on other recordings",
        lambda record: f"{record['value']:.3f} ({record['n']} words)",
        lambda record: f"a GRU trained by padded mean square error {record['peer_value']:.3f}",
        _value,
        at_least("0.90"),
    ),
    Figure(
        "loop",
        "43 words to pose, drawn, filmed, found and named by that recognizer",
        lambda record: f"{record['value']:.3f} ({record['n']} words)",
        lambda record: f"without drawing them {record['peer_value']:.3f}",
        _value,
        at_least("0.80"),
    ),
    Figure(
        "transitions",
        "the hand between two ASL letters, pairs not shown in training: hands DTW ÷ a straight line",
        lambda record: (
            f"**{record['value']:.3f}** (95 % {record['ratio_ci95'][0]:.3f}–{record['ratio_ci95'][1]:.3f}:"
            f" {record['n']} pairs, {len(record['seeds'])} seeds, over pairs)"
        ),
        lambda record: "the line between the pair's own ends, which ours is not given",
        _value,
        at_most("0.6"),
    ),
    Figure(
        "acc-letters-loso",
        "24 ASL letters in photos, one of four signers left out, begun from `asl_letters`: detection × accuracy",
        _letters,
        lambda record: f"{_portal(record)}; ours from random weights {record['from_random_weights']:.3f}",
        _value,
        at_least("0.985"),
    ),
    Figure(
        "acc-letters-cross",
        "24 ASL letters in photos, trained on other sets only: detection × accuracy",
        _letters,
        _portal,
        _value,
        at_least("0.90"),
    ),
    Figure(
        "acc-massey",
        "the same models on hands cut out on black: points above the portal's v1",
        _letters,
        _portal,
        lambda record: 100 * float(record["value"] - record["peer_value"]),
        at_least("5"),
    ),
    Figure(
        "detect-hands",
        "hands found in 900 photos of Libras letters (in 2,059 of digits: see the record)",
        lambda record: f"{record['value']:.3f}",
        lambda record: f"MediaPipe's defaults {record['peer_value']:.3f}",
        _value,
        at_least("0.98"),
    ),
    Figure(
        "spell-words",
        "words joined from animated ASL letters, which the model also learnt from: character error rate",
        lambda record: f"{record['value']:.4f}",
        lambda record: f"the letter of each run of 3 frames {record['peer_value']:.2f}",
        _value,
        Goal("–", lambda found: True),
    ),
    Figure(
        "render-speed",
        "solid drawn signer at 512 pixels, one thread: pictures per second of processor time",
        lambda record: (
            f"{record['value']:.1f} /s; MediaPipe finds {record['hands_found']['signer']['share']:.3f} of its hands"
        ),
        lambda record: f"pose-format's dots and lines {record['peer_value']:.0f} /s",
        _value,
        at_least("25"),
    ),
    Figure(
        "spell-latency",
        "landmarks of a hand to its letter: ms ÷ scikit-learn's MLPClassifier of the same shape",
        _pair("ms", 3),
        _peer("ms", 3),
        _ratio,
        at_most("0.5"),
    ),
    Figure(
        "extract-images",
        "pictures/s with two processes ÷ the portal's loop",
        _pair("/s"),
        _peer("/s"),
        _ratio,
        at_least("1.6"),
    ),
    Figure(
        "extract",
        "landmarks: processor ms per frame ÷ a bare MediaPipe Holistic loop",
        _pair("ms"),
        _peer("ms"),
        _ratio,
        at_most("1.05"),
    ),
    Figure(
        "extract",
        "landmarks: frames/s with two processes ÷ one",
        lambda record: f"{record['frames_per_second_2_processes']:.1f} frames/s",
        lambda record: f"{record['frames_per_second_1_process']:.1f} frames/s",
        lambda record: float(record["processes_2_over_1"]),
        at_least("1.6"),
    ),
    Figure(
        "features",
        "all 339 features of the Libras system, frames/s ÷ a Python function per number and frame",
        _pair("/s", 0),
        lambda record: (
            f"{record['peer_value']:.0f} /s; given its points as lists, ours is {record['ratio_lists_ready']:.0f} ×"
        ),
        _ratio,
        at_least("60"),
    ),
    Figure(
        "features",
        "preprocessing and our own features, frames/s ÷ a plain Python loop with the same numbers",
        lambda record: f"{record['signer_frames_per_second']:.0f} /s",
        lambda record: f"{record['signer_peer_frames_per_second']:.0f} /s",
        lambda record: float(record["signer_ratio"]),
        at_least("40"),
    ),
    Figure(
        "store",
        "random training batches/s from the packed store ÷ one `.npy` file per clip",
        _pair("/s", 0),
        _peer("/s", 0),
        _ratio,
        at_least("10"),
    ),
    Figure(
        "infer-torch",
        "one clip: ONNX Runtime ms ÷ eager torch, one thread",
        _pair("ms", 2),
        _peer("ms", 2),
        _ratio,
        at_most("0.5"),
    ),
    Figure(
        "cold",
        "`chereme recognize x.pose` in a new process: wall ÷ `import torch`",
        _pair("s", 2),
        _peer("s", 2),
        _ratio,
        at_most("0.5"),
    ),
    Figure(
        "cold",
        "the same: peak memory",
        lambda record: f"{record['rss_mib']:.0f} MiB",
        lambda record: f"{record['peer_rss_mib']:.0f} MiB",
        lambda record: float(record["rss_ratio"]),
        at_most("0.8"),
    ),
    Figure(
        "server-cold",
        "`chereme serve` until it can recognize: wall ÷ `import torch`",
        _pair("s", 2),
        _peer("s", 2),
        _ratio,
        at_most("1"),
    ),
    Figure(
        "api-latency",
        "landmarks to words over HTTP, 8 clients at once: p50 ÷ as many callers in process",
        _pair("ms"),
        _peer("ms"),
        _ratio,
        at_most("2"),
    ),
    Figure(
        "api-latency",
        "the same: p99",
        lambda record: f"{record['p99_ms']:.1f} ms",
        lambda record: f"{record['peer_p99_ms']:.1f} ms",
        lambda record: float(record["ratio_p99"]),
        at_most("6"),
    ),
    Figure(
        "api-load",
        "10,000 requests of twelve kinds: resident memory at the end ÷ after the first 1,000",
        lambda record: f"{record['value']:.0f} MiB, {record['errors']} errors",
        _peer("MiB", 0),
        _ratio,
        Goal("≤ 1.05, no errors", lambda found: found <= 1.05),
    ),
    Figure(
        "web-parity",
        "recognizing in the browser: largest difference of a word's probability from Python's",
        lambda record: f"{record['value']:.4f} ({record['drawn']} drawn and {record['filmed']} real films)",
        lambda record: (
            f"Python beside itself, one bit of a picture turned: {record['one_bit']['probabilities_largest']:.4f}"
        ),
        _value,
        at_most("0.02"),
    ),
    Figure(
        "web-parity",
        "the same: largest distance of a landmark, in shoulder widths",
        lambda record: f"{record['landmarks_largest']:.3f} (mean {record['landmarks_mean']:.4f})",
        lambda record: (
            f"the same: {record['one_bit']['landmarks_largest']:.3f} (mean {record['one_bit']['landmarks_mean']:.4f})"
        ),
        lambda record: float(record["landmarks_largest"]),
        at_most("0.03"),
    ),
    Figure(
        "web-fps",
        "pictures/s that the recognize page looks at ÷ a page that only runs the engine",
        _pair("/s"),
        _peer("/s"),
        _ratio,
        at_least("0.9"),
    ),
    Figure(
        "web-size",
        "bytes served until the page works offline; at a second visit",
        lambda record: f"{record['value']:.1f} MB",
        lambda record: f"second visit: {1000 * record['peer_value']:.0f} kB",
        _value,
        Goal("≤ 30 MB; ≤ 50 kB", lambda found: found <= 30),
    ),
    Figure(
        "web-size",
        "seconds from asking this machine for the page to its first paint, at a first visit",
        lambda record: f"{record['seconds_to_first_paint']['first']:.2f} s",
        lambda record: f"second visit: {record['seconds_to_first_paint']['second']:.2f} s",
        lambda record: float(record["seconds_to_first_paint"]["first"]),
        at_most("1"),
    ),
)
