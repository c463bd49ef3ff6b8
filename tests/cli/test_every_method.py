"""Every method goes the whole way, as its user would: recipe, `harness train`, `harness run`, report."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from harness.cli.main import run
from harness.records import Answer
from harness.runs import Run
from tests.packs import write_pack, write_suite

LABELS = ("red", "green", "blue", "grey")
TEXTS = [f"The colour of box {number} is" for number in range(12)]
#: The method of a recipe, the rate at which a few steps show, and how the report names it.
METHODS: dict[str, tuple[dict[str, Any], float, str]] = {
    "lora": ({"kind": "lora", "r": 8}, 5e-3, "lora"),
    "rslora": ({"kind": "lora", "r": 8, "rslora": True}, 5e-3, "lora (rslora)"),
    "pissa": ({"kind": "lora", "r": 8, "init": "pissa"}, 5e-3, "lora (pissa)"),
    "olora": ({"kind": "lora", "r": 8, "init": "olora"}, 5e-3, "lora (olora)"),
    "dora": ({"kind": "dora", "r": 8}, 5e-3, "dora"),
    "qlora": ({"kind": "qlora", "r": 8}, 5e-3, "qlora"),
    "adalora": ({"kind": "adalora", "init_r": 6, "target_r": 3, "orthogonality": 0.1}, 3e-2, "adalora"),
    "ia3": ({"kind": "ia3"}, 5e-2, "ia3"),
    "prompt_tuning": ({"kind": "prompt_tuning", "virtual_tokens": 8}, 5e-2, "prompt_tuning"),
    "p_tuning": ({"kind": "p_tuning", "virtual_tokens": 8, "hidden_size": 64}, 1e-2, "p_tuning"),
    "prefix_tuning": ({"kind": "prefix_tuning", "virtual_tokens": 8}, 5e-2, "prefix_tuning"),
    "bottleneck": ({"kind": "bottleneck"}, 1e-2, "bottleneck"),
    "full": ({"kind": "full"}, 1e-3, "full"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows to train on, and a task on the same questions: what is asked is whether training shows in a report."""
    made = tmp_path_factory.mktemp("methods")
    rows = [{"prompt": text, "response": LABELS[place % 4]} for place, text in enumerate(TEXTS)]
    (made / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = {"output": "multiple_choice", "choices": list(LABELS), "metrics": ["accuracy"], "prompt": "{{ text }}"}
    questions = [{"text": row["prompt"], "label": row["response"]} for row in rows]
    write_pack(made, "chosen", questions, **chosen)
    write_pack(made, "words", questions[:4])
    return made


@pytest.fixture(scope="module")
def trained(folder: Path) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            if name == "qlora":
                pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
            method, rate, _ = METHODS[name]
            schedule = {"max_steps": 8, "batch_size": 4, "learning_rate": rate, "warmup": 0}
            recipe = {"adapter": name, "base": "reference", "method": method, "data": "rows.jsonl", "format": "text"}
            path = folder / f"{name}.yaml"
            path.write_text(yaml.safe_dump(recipe | {"schedule": schedule}))
            assert run(["train", str(path), "--out", str(folder / name), "--quiet"]) == 0
            made[name] = folder / name
        return made[name]

    return make


def evaluated(folder: Path, name: str, **suite: Any) -> Run:
    path = write_suite(folder, tasks=["./chosen", "./words"], suite=name, **suite)
    assert run(["run", str(path), "--out", str(folder / "runs" / name), "--quiet"]) == 0
    return Run.open(folder / "runs" / name)


@pytest.fixture(scope="module")
def together(folder: Path, trained: Callable[[str], Path]) -> Run:
    """All adapters beside the base in one run: however they are put on, none may leave anything behind."""
    models: dict[str, Any] = {"base": {}}
    for name in METHODS:
        if name != "full":
            models[name] = {"adapter": str(trained(name))}
    return evaluated(folder, "together", models=models)


def likelihoods(done: Run, model: str) -> np.ndarray:
    """Log-likelihood of each choice, (questions, choices)."""
    rows = done.samples().query("task == 'chosen' and model == @model").sort_values("prompt")
    answers = [Answer.from_json(json.loads(answer)) for answer in rows["answer"]]
    return np.array([[choice.total for choice in answer.likelihoods] for answer in answers])


def learned(before: np.ndarray, after: np.ndarray) -> float:
    """Mean rise of the log-likelihood of the right choices, in nats."""
    right = [LABELS.index(LABELS[TEXTS.index(text) % 4]) for text in sorted(TEXTS)]
    return float(np.mean([after[row, place] - before[row, place] for row, place in enumerate(right)]))


@pytest.mark.parametrize("name", [name for name in METHODS if name != "full"])
def test_an_adapter_learns_answers_beside_all_others_and_is_named_in_the_report(together: Run, name: str) -> None:
    base, own = likelihoods(together, "base"), likelihoods(together, name)
    assert base.shape == own.shape == (12, 4)
    assert np.abs(own - base).max(axis=1).min() > 1e-3
    assert learned(base, own) > 0.5
    report = (together.folder / "report.html").read_text(encoding="utf-8")
    assert re.search(rf"<b>{name}</b> <small>{re.escape(METHODS[name][2])}, [\d,]+ parameters, 8 steps", report)


def test_full_fine_tuning_gives_a_base_that_a_suite_of_its_own_reports(
    folder: Path, trained: Callable[[str], Path], together: Run
) -> None:
    own = evaluated(folder, "full", base=str(trained("full")), models={"base": {}})
    assert learned(likelihoods(together, "base"), likelihoods(own, "base")) > 0.5
    assert own.results.models[0].fingerprint != together.results.models[0].fingerprint
    assert (own.folder / "report.html").stat().st_size > 10_000
    assert run(["compare", str(own.folder), str(together.folder), "--candidate", "base", "--reference", "base"]) == 0
