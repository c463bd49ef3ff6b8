"""How often greedy texts change with the batch, in float32 and bfloat16.

``python tests/benchmarks/noise_floor.py MODEL`` prints a line a dtype. MODEL is a folder or hub id of a base model that
tells stories.
"""

import json
import sys
import tempfile
from pathlib import Path

import yaml

import harness

NAMES = ("Tom", "Lily", "Ben", "Sue", "Max", "Anna", "Tim", "Mia", "Sam", "Zoe")
FINDS = ("a red ball", "a big dog", "an old tree", "a small boat", "a lost hat", "a blue bird", "a sweet cake",
         "a dark cave", "a new friend", "a loud drum")  # fmt: skip
TASK = {
    "task": "story",
    "data": {"path": "test.jsonl"},
    "output": "generate",
    "prompt": "Once upon a time {{ name }} found {{ find }}. ",
    "generation": {"max_tokens": 100},
    "metrics": ["response_length"],
}


def main(model: str) -> None:
    for dtype in ("float32", "bfloat16"):
        with tempfile.TemporaryDirectory() as folder:
            (pack := Path(folder) / "story").mkdir()
            rows = ({"name": name, "find": find} for name in NAMES for find in FINDS)
            (pack / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
            (pack / "task.yaml").write_text(yaml.safe_dump(TASK))
            engine = {"kind": "transformers", "device": "cpu", "dtype": dtype}
            suite = {"suite": "noise", "base": model, "models": {"base": {}}, "engine": engine, "tasks": [str(pack)]}
            (path := Path(folder) / "suite.yaml").write_text(yaml.safe_dump(suite | {"noise": {"samples": 100}}))
            figures = harness.compare(harness.evaluate(path, Path(folder) / "run")).figures
            found = {figure.metric: figure.value for figure in figures if figure.task == "noise_floor"}
            print(f"{dtype}: {found}")


if __name__ == "__main__":
    main(sys.argv[1])
