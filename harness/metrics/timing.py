"""How long the text metrics take: ``python -m harness.metrics.timing FOLDER``, FOLDER holding ``wmt17_en_de``."""

import json
import sys
import time
from pathlib import Path

from harness.metrics.base import build_metric
from harness.records import Answer, Response, Sample

_NAMES = ("exact_match", "token_f1", "rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "meteor", "chrf", "ter")


def seconds_per_hundred_thousand(name: str, responses: list[Response]) -> float:
    """Seconds of processor time that a metric would take for 100,000 samples like these."""
    metric = build_metric(name)
    metric.measure(responses[:50])  # imports and tables
    start = time.process_time()
    metric.measure(responses)
    return (time.process_time() - start) * 1e5 / len(responses)


def main() -> None:
    """Print one line a metric."""
    path = Path(sys.argv[1]) / "wmt17_en_de" / "systems.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    systems = [name for name in rows[0] if name not in ("id", "reference")]
    responses = [
        Response(Sample("wmt17", str(row["id"]), "", (row["reference"],)), Answer(), row[system])
        for system in systems
        for row in rows
    ]
    for name in _NAMES:
        part = responses[:300] if name == "ter" else responses
        sys.stdout.write(f"{name}: {seconds_per_hundred_thousand(name, part):.0f} s\n")


if __name__ == "__main__":
    main()
