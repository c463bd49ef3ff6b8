"""How far the estimates of a training are from what it takes: parameters, memory and time, for methods and bases.

OMP_NUM_THREADS=1 python tests/benchmarks/training_estimate.py
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from harness.models.quiet import quiet_libraries
from harness.records import content_root, reference_model

#: Steps and batch of a training on each base: minutes on one core.
SCHEDULES = {"reference": {"max_steps": 40, "batch_size": 16}, "random-27m": {"max_steps": 12, "batch_size": 4}}


def write_base(folder: Path) -> None:
    """A Llama of 27 million random weights with the reference model's tokenizer."""
    quiet_libraries()
    from transformers import AutoConfig, LlamaConfig, LlamaForCausalLM

    vocabulary = AutoConfig.from_pretrained(reference_model()).vocab_size
    shape = {"hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8, "num_attention_heads": 8}
    LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, max_position_embeddings=512, **shape)).save_pretrained(folder)
    for path in reference_model().iterdir():
        if path.suffix in (".json", ".jinja") and not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)


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
    recipe = folder / f"{named}-{method}.yaml"
    data = str(content_root() / "adapters" / "data" / "support_careful.jsonl")
    given = {"adapter": f"{named}-{method}", "base": base, "method": {"kind": method}, "data": data}
    recipe.write_text(yaml.safe_dump(given | {"schedule": SCHEDULES[named]}))
    said, _, _ = harness(str(recipe), "--estimate")
    made, held, taken = harness(str(recipe), "--out", str(folder / f"{named}-{method}"))
    tried = said["calibration"]
    row = (
        f"{named} | {method} | {said['trained']:,} | {made['trained_parameters']:,} | "
        f"{said['memory']['total'] / 2**20:,.0f} | {tried['memory'] / 2**20:,.0f} | {held / 2**20:,.0f} | "
        f"{said['memory']['total'] / held - 1:+.0%} | {said['seconds']:.0f} | {taken:.0f} | "
        f"{said['seconds'] / taken - 1:+.0%}"
    )
    print(f"| {row} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", default=["lora", "qlora", "dora", "full"])
    parser.add_argument("--bases", nargs="*", choices=SCHEDULES, default=list(SCHEDULES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_base(folder / "random-27m")
        for named in options.bases:
            base = "reference" if named == "reference" else str(folder / named)
            for method in options.methods:
                compare(base, named, method, folder)


if __name__ == "__main__":
    main()
