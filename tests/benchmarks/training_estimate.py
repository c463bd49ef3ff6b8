"""How far the estimates of a training are from what it takes: parameters, memory and time, for methods and bases.

OMP_NUM_THREADS=1 python tests/benchmarks/training_estimate.py
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from harness.records import content_root, reference_model

#: Steps and batch of a training on each base, and rows of the data that are joined to one: minutes on one core.
SCHEDULES = {
    "reference": ({"max_steps": 40, "batch_size": 16}, 1),
    "random-27m": ({"max_steps": 12, "batch_size": 4}, 1),
    "random-150m": ({"max_steps": 8, "batch_size": 4}, 3),
}
#: Llamas of random weights with the reference model's tokenizer.
SHAPES = {
    "random-27m": {"hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8, "num_attention_heads": 8},
    "random-150m": {"hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 12, "num_attention_heads": 16},
}
METHODS = ("lora", "lora-checkpointing", "qlora", "dora", "full")


def write_base(named: str, folder: Path) -> None:
    """A base in bfloat16, as bases from the hub are."""
    import torch
    from transformers import AutoConfig, LlamaConfig, LlamaForCausalLM

    vocabulary = AutoConfig.from_pretrained(reference_model()).vocab_size
    config = LlamaConfig(vocab_size=vocabulary, max_position_embeddings=512, **SHAPES[named])
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    for path in reference_model().iterdir():
        if path.suffix in (".json", ".jinja") and not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)


def write_rows(path: Path, joined: int) -> None:
    """The support data, with so many conversations one after the other in each row."""
    lines = (content_root() / "adapters" / "data" / "support_careful.jsonl").read_text(encoding="utf-8").splitlines()
    talks = [json.loads(line)["messages"] for line in lines]
    rows = ([*chain.from_iterable(talks[place : place + joined])] for place in range(0, len(talks), joined))
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")


def harness(*arguments: str) -> tuple[Any, int, float]:
    """What a command prints as JSON, the bytes that it held at most, and the seconds it took."""
    command = [sys.executable, "-m", "harness", "train", *arguments, "--json"]
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
        return json.load(out), used.ru_maxrss * 1024, seconds


def compare(base: str, named: str, method: str, folder: Path) -> None:
    kind, _, checkpointing = method.partition("-")
    schedule, joined = SCHEDULES[named]
    write_rows(folder / "rows.jsonl", joined)
    given = {"adapter": f"{named}-{method}", "base": base, "method": {"kind": kind}, "data": "rows.jsonl"}
    recipe = folder / f"{named}-{method}.yaml"
    recipe.write_text(yaml.safe_dump(given | {"schedule": schedule | {"gradient_checkpointing": bool(checkpointing)}}))
    said, _, _ = harness(str(recipe), "--estimate")
    made, held, taken = harness(str(recipe), "--out", str(folder / f"{named}-{method}"))
    tried, (low, high) = said["calibration"], said["seconds_range"]
    row = (
        f"{named} | {method} | {said['trained']:,} | {made['trained_parameters']:,} | "
        f"{said['memory']['total'] / 2**20:,.0f} | {tried['memory'] / 2**20:,.0f} | {held / 2**20:,.0f} | "
        f"{said['memory']['total'] / held - 1:+.0%} | {said['seconds']:.0f} ({low:.0f} to {high:.0f}) | {taken:.0f} | "
        f"{said['seconds'] / taken - 1:+.0%}"
    )
    print(f"| {row} |", flush=True)
    shutil.rmtree(folder / f"{named}-{method}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--bases", nargs="*", choices=SCHEDULES, default=list(SCHEDULES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for named in options.bases:
            base = "reference"
            if named in SHAPES:
                base = str(folder / named)
                # A process inherits the peak of memory of the one that starts it: this one stays small.
                apart = multiprocessing.get_context("spawn").Process(target=write_base, args=(named, Path(base)))
                apart.start()
                apart.join()
            for method in options.methods:
                compare(base, named, method, folder)


if __name__ == "__main__":
    main()
