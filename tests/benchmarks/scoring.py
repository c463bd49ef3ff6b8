"""Scoring with intervals: this harness beside sacrebleu's sentence loop, rouge-score and 1,000 bootstrap rounds.

    python -m tests.benchmarks.scoring DATA [--samples 100000] [--different]

DATA holds ``wmt17_en_de``. Its six systems' outputs are repeated up to the number of samples. ``--different`` makes
each text different by digits at its end, so that no side gains by having met it before. Both sides score BLEU,
ROUGE-1, -2, -L and exact match, one after the other in one process, and the processor's time is taken.

The peers' rounds are those that their libraries offer: sacrebleu's resampling of its statistics (in ten parts, for it
keeps all rounds in memory at once), rouge-score's ``BootstrapAggregator``, and a loop in numpy for exact match. The
statistics that sacrebleu resamples are extracted outside the clock. This harness draws 10,000 replicates instead.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from harness.metrics import build_metric
from harness.records import Answer, Response, Sample
from harness.stats import Rate, bootstrap_figure

NAMES = ("bleu", "rouge1", "rouge2", "rougeL", "exact_match")
ROUNDS, PARTS = 1000, 10
Pairs = list[tuple[str, str]]


def pairs_of(folder: Path, count: int, *, different: bool) -> Pairs:
    """Outputs and references, ``count`` of them."""
    lines = (folder / "wmt17_en_de" / "systems.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    systems = [name for name in rows[0] if name not in ("id", "reference")]
    all_pairs = itertools.cycle((row[system], row["reference"]) for system in systems for row in rows)
    drawn = itertools.islice(all_pairs, count)
    if not different:
        return list(drawn)
    digits = (" ".join(str(i)) for i in itertools.count())
    return [(f"{one} {last}", f"{other} {last}") for last, (one, other) in zip(digits, drawn, strict=False)]


def responses_of(pairs: Pairs) -> list[Response]:
    return [Response(Sample("wmt17", str(i), "", (ref,)), Answer(), said) for i, (said, ref) in enumerate(pairs)]


def ours(responses: list[Response]) -> dict[str, tuple[float, float, float]]:
    """Each metric's figure and interval."""
    found = {}
    for name in NAMES:
        metric = build_metric(name)
        statistics = np.array([score.statistics for score in metric.measure(responses)])
        if metric.is_rate:
            estimate = Rate(int(statistics[:, 0].sum()), len(statistics))
        else:
            estimate = bootstrap_figure(statistics, metric.aggregate)
        interval = estimate.interval()
        found[name] = (estimate.value, interval.low, interval.high)
    return found


def sentence_bleu(pairs: Pairs) -> None:
    import sacrebleu

    for said, reference in pairs:
        sacrebleu.sentence_bleu(said, [reference])


def rouge_scores(pairs: Pairs) -> list:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(NAMES[1:4]))
    return [scorer.score(reference, said) for said, reference in pairs]


def bleu_rounds(statistics: list) -> None:
    from sacrebleu.metrics import BLEU
    from sacrebleu.significance import _bootstrap_resample

    for _ in range(PARTS):
        _bootstrap_resample(statistics, BLEU(), ROUNDS // PARTS)


def rouge_rounds(scores: list) -> None:
    from rouge_score.scoring import BootstrapAggregator

    aggregator = BootstrapAggregator(n_samples=ROUNDS)
    for one in scores:
        aggregator.add_scores(one)
    aggregator.aggregate()


def match_rounds(pairs: Pairs) -> None:
    values = np.array([float(said == reference) for said, reference in pairs])
    chance = np.random.default_rng(0)
    for _ in range(ROUNDS):
        values[chance.integers(0, len(values), len(values))].mean()


def clocked(name: str, work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of processor time that some work took, printed, and what it gave."""
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    sys.stdout.write(f"  {name}: {seconds:.1f} s\n")
    sys.stdout.flush()
    return seconds, result


def peers(pairs: Pairs) -> float:
    """Seconds that the peers take for the same."""
    from sacrebleu.metrics import BLEU

    total, _ = clocked("sacrebleu, sentence loop", lambda: sentence_bleu(pairs))
    seconds, scores = clocked("rouge-score, 1, 2 and L", lambda: rouge_scores(pairs))
    statistics = BLEU(force=True)._extract_corpus_statistics(
        [said for said, _ in pairs], [[reference for _, reference in pairs]]
    )
    total += seconds
    total += clocked("1,000 rounds, BLEU", lambda: bleu_rounds(statistics))[0]
    total += clocked("1,000 rounds, ROUGE", lambda: rouge_rounds(scores))[0]
    return total + clocked("exact match with 1,000 rounds", lambda: match_rounds(pairs))[0]


def main() -> None:
    """Print both sides' seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--different", action="store_true", help="make each text different")
    options = parser.parse_args()
    pairs = pairs_of(options.data, options.samples, different=options.different)
    responses = responses_of(pairs)
    ours(responses[:100])  # imports belong to neither side
    sys.stdout.write(f"{len(pairs):,} samples, {len(set(pairs)):,} of them different\n")
    mine, figures = clocked("this harness, all metrics with intervals", lambda: ours(responses))
    theirs = peers(pairs)
    for name, (value, low, high) in figures.items():  # type: ignore[attr-defined]
        sys.stdout.write(f"  {name} {value:.4f} [{low:.4f}, {high:.4f}]\n")
    sys.stdout.write(f"{mine:.1f} s against {theirs:.1f} s: 1/{theirs / mine:.1f}\n")


if __name__ == "__main__":
    main()
