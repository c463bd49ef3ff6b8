"""How long the commands on training data take on many rows.

OMP_NUM_THREADS=1 python tests/benchmarks/training_data.py --rows 100000
OMP_NUM_THREADS=1 python tests/benchmarks/training_data.py --rows 100000 --real ../shared/data
OMP_NUM_THREADS=1 python tests/benchmarks/training_data.py --look train.jsonl
"""

import argparse
import json
import os
import random
import re
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


def write_real_rows(path: Path, count: int, data: Path) -> None:
    """Rows of real instructions and questions: each prompt with the sentences of several answers of its own set."""
    draw = random.Random(0)
    sets = []
    names = "sft/alpaca_en_demo.json pubmed_qa/train.jsonl gsm8k/test.jsonl med_safety_bench/med_safety_900.json"
    for name in names.split():
        text = (data / name).read_text(encoding="utf-8")
        rows = json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.strip().split("\n")]
        asked = [row.get("instruction") or row["question"] for row in rows]
        answers = [row.get("output") or row.get("long_answer") or row["answer"] for row in rows]
        sets.append((asked, [one for text in answers for one in re.split(r"(?<=[.!?])\s+|\n+", text) if one]))
    with path.open("w", encoding="utf-8") as handle:
        for _ in range(count):
            asked, sentences = draw.choice(sets)
            prompt = f"{draw.choice(asked)} {draw.choice(asked)}"
            response = " ".join(draw.choices(sentences, k=draw.randint(1, 9)))
            handle.write(json.dumps({"prompt": prompt, "response": response}) + "\n")


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
    parser.add_argument("--real", metavar="FOLDER", type=Path, help="public data that rows are made from")
    options = parser.parse_args()
    if options.look:
        look(options.look)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        if options.real:
            write_real_rows(file, options.rows, options.real)
        else:
            write_rows(file, options.rows)
        print(f"{options.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB")
        for name in options.only:
            began = time.perf_counter()
            command = [sys.executable, "-m", "harness", "data", *COMMANDS[name]]
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            elapsed, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
            print(
                f"{name:<8} {elapsed:6.1f} s, {cpu:6.1f} s of processor time, {used.ru_maxrss / 1e6:.1f} GB of memory"
            )


if __name__ == "__main__":
    main()
