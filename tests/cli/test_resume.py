"""A run killed with SIGKILL at any moment goes on where it stopped and ends in the same bytes."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.packs import word_rows, write_pack, write_suite


def harness_run(suite: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "harness", "run", str(suite), "--out", str(out), "--quiet"]


def stored(out: Path) -> int:
    try:
        with sqlite3.connect(f"file:{out / 'answers.sqlite'}?mode=ro", uri=True) as db:
            return int(db.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_run_killed_three_times_ends_in_the_bytes_of_one_that_was_not(tmp_path: Path, make_adapter: Any) -> None:
    write_pack(tmp_path, "words", word_rows(120), generation={"max_tokens": 24}, metrics=["exact_match", "bleu"])
    choices = {"output": "multiple_choice", "choices": ["{{ label }}", "zebra crossing"], "metrics": ["accuracy"]}
    write_pack(tmp_path, "choice", word_rows(120), **choices)
    write_pack(tmp_path, "text", word_rows(60), output="perplexity", metrics=["perplexity"])
    engine = {"kind": "transformers", "device": "cpu", "batch_tokens": 256}
    adapters = {"tuned": make_adapter("tuned")}
    suite = write_suite(tmp_path, adapters, tasks=["./words", "./choice", "./text"], engine=engine)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    subprocess.run(harness_run(suite, whole), check=True)
    total = stored(whole)
    moments = random.Random(7)
    for _ in range(3):
        process = subprocess.Popen(harness_run(suite, torn))
        goal = stored(torn) + moments.randint(1, total // 4)
        while stored(torn) < goal and process.poll() is None:
            time.sleep(0.02)
        time.sleep(moments.random() / 10)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not (torn / "results.json").exists(), "killed too late to be a test"
    assert 0 < stored(torn) < total
    subprocess.run(harness_run(suite, torn), check=True)
    assert (torn / "results.json").read_bytes() == (whole / "results.json").read_bytes()
    assert (torn / "comparison.json").read_bytes() == (whole / "comparison.json").read_bytes()
