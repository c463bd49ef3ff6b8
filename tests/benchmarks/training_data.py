"""How long the commands on training data take on many rows.

OMP_NUM_THREADS=1 python tests/benchmarks/training_data.py --rows 100000
OMP_NUM_THREADS=1 python tests/benchmarks/training_data.py --look train.jsonl
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

COMMANDS = {
    "select": ["select", "rows.jsonl", "-n", "1000", "--out", "few.jsonl", "--quiet"],
    "split": ["split", "rows.jsonl", "--out", "parts"],
    "check": ["check", "rows.jsonl", "--quiet"],
}


def write_rows(path: Path, count: int) -> None:
    """Rows of 20 to 150 words, drawn from passages of real text so that words are as unequal as they are."""
    tasks = Path(__file__).parents[2] / "tasks"
    words = (tasks / "world_text" / "test.jsonl").read_text(encoding="utf-8").split()
    words += (tasks / "medical_questions" / "test.jsonl").read_text(encoding="utf-8").split()
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as handle:
        for _ in range(count):
            size = draw.randint(20, 150)
            start = draw.randrange(len(words) - 2 * size)
            row = draw.sample(words[start : start + 2 * size], size)
            handle.write(json.dumps({"prompt": " ".join(row[:12]), "response": " ".join(row[12:])}) + "\n")


def look(path: str) -> None:
    """What a training spends on its data before the first step, in processor time."""
    from harness.training.rows.examples import read_any
    from harness.training.rows.held_out import draw_held_out
    from harness.training.rows.screening import screen

    marks = [time.process_time()]
    data = read_any(path)
    marks.append(time.process_time())
    screen([data])
    marks.append(time.process_time())
    draw_held_out(data.examples, 0.1, 0)
    marks.append(time.process_time())
    read, seen, drawn = (later - earlier for earlier, later in pairwise(marks))
    print(f"{len(data.examples):,} rows: read {read:.2f} s, look {seen:.2f} s, near duplicates {drawn:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", choices=COMMANDS, nargs="*", default=list(COMMANDS))
    parser.add_argument("--look", metavar="FILE")
    options = parser.parse_args()
    if options.look:
        look(options.look)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder) / "rows.jsonl", options.rows)
        for name in options.only:
            began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "harness", "data", *COMMANDS[name]]
            subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            print(f"{name:<8} {time.perf_counter() - began:6.1f} s, {cpu:6.1f} s of processor time")


if __name__ == "__main__":
    main()
