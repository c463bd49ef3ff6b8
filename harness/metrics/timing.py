"""How long the text metrics take: ``python -m harness.metrics.timing FOLDER``, FOLDER holding ``wmt17_en_de``."""

import json
import sys
import time
from pathlib import Path

from harness.metrics.base import build_metric
from harness.records import Answer, Response, Sample

_NAMES = ("exact_match", "token_f1", "rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "chrf", "ter")


def seconds_per_hundred_thousand(name: str, responses: list[Response]) -> float:
    """Seconds that a metric would take for 100,000 samples like these."""
    metric = build_metric(name)
    start = time.perf_counter()
    metric.measure(responses)
    return (time.perf_counter() - start) * 1e5 / len(responses)


def main() -> None:
    """Print one line a metric."""
    path = Path(sys.argv[1]) / "wmt17_en_de" / "systems.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    responses = [
        Response(Sample("wmt17", str(row["id"]), "", (row["reference"],)), Answer(), row["FBK"]) for row in rows
    ]
    for name in _NAMES:
        part = responses[:300] if name == "ter" else responses
        sys.stdout.write(f"{name}: {seconds_per_hundred_thousand(name, part):.0f} s\n")


if __name__ == "__main__":
    main()
