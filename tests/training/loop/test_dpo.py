"""DPO: TRL's loss is the paper's on what was saved, preferences are learned, a kill loses nothing, a run shows it."""

import csv
import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from harness.comparison import compare
from harness.models import Adapter, Base
from harness.reports.of_run import report_run
from harness.training import prepare, read_recipe, train
from harness.training.rows.preference import Pair
from tests.packs import write_pack, write_suite
from tests.training.cut_off import train_killed

Write = Callable[..., Path]
DPO = {"kind": "dpo"}
COLOURS = ("red", "dull green", "blue as the sea", "a warm and sunny yellow", "grey", "pink", "black", "white", "gold")
#: Answers of many lengths, so that batches hold padding; 3 of 9 prompts are held out, which 2 a batch do not divide.
ROWS = [
    {"prompt": f"Say {colour}:", "chosen": f"it is {colour}", "rejected": f"no {'no ' * (place % 4)}"}
    for place, colour in enumerate(COLOURS)
]
SCHEDULE = {"max_steps": 6, "batch_size": 2, "warmup": 0, "learning_rate": 2e-3}


def record(folder: Path) -> Any:
    return json.loads((folder / "training.json").read_text())


def log_likelihoods(model: Any, pairs: Sequence[Pair]) -> Any:
    """Summed log-probabilities of the answers, (pairs, 2), one sequence at a time and without TRL."""
    import torch

    def total(ids: tuple[int, ...], labels: tuple[int, ...]) -> float:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -len(ids) :].double()
        return -float(torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(labels[1:]), reduction="sum"))

    return torch.tensor([[total(row.ids, row.labels) for row in pair.sequences] for pair in pairs], dtype=torch.double)


def saved_model(base: Path, made: Adapter | Base | None) -> Any:
    """Base or adapter as its files are, read by transformers and PEFT."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from harness.models.bottleneck import register_bottleneck

    register_bottleneck()
    folder = made.folder if isinstance(made, Base) else base
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return (PeftModel.from_pretrained(model, made.folder) if isinstance(made, Adapter) else model).eval()


def by_hand(objective: dict[str, Any], rewards: Any, lengths: Any) -> Any:
    """The loss of each pair, from beta times the log-ratios of both answers.

    DPO: Rafailov et al. (2023), equation 7. IPO: Azar et al. (2023), equation 17, on log-ratios per token. Hinge:
    Zhao et al. (2023). Robust: Chowdhury et al. (2024), equation 12.
    """
    beta, flipped = objective.get("beta", 0.1), objective.get("label_smoothing", 0.0)
    margin = rewards[:, 0] - rewards[:, 1]

    def negative_log_sigmoid(x: Any) -> Any:
        return (1 + (-x).exp()).log()

    match objective.get("loss", "sigmoid"):
        case "sigmoid":
            return negative_log_sigmoid(margin)
        case "ipo":
            ratios = rewards / beta / lengths
            return (ratios[:, 0] - ratios[:, 1] - 1 / (2 * beta)) ** 2
        case "hinge":
            return (1 - margin).clamp(min=0)
        case "robust":
            kept, lost = negative_log_sigmoid(margin), negative_log_sigmoid(-margin)
            return ((1 - flipped) * kept - flipped * lost) / (1 - 2 * flipped)


@pytest.mark.parametrize(
    ("method", "objective"),
    [
        ({"kind": "lora"}, DPO),
        ({"kind": "lora"}, DPO | {"beta": 0.5}),
        ({"kind": "lora"}, DPO | {"loss": "ipo"}),
        ({"kind": "lora"}, DPO | {"loss": "hinge"}),
        ({"kind": "lora"}, DPO | {"loss": "robust", "label_smoothing": 0.1}),
        ({"kind": "dora"}, DPO),
        ({"kind": "ia3"}, DPO),
        ({"kind": "bottleneck"}, DPO),
        ({"kind": "prompt_tuning", "virtual_tokens": 4}, DPO),
        ({"kind": "p_tuning", "virtual_tokens": 4, "hidden_size": 16}, DPO),
        ({"kind": "prefix_tuning", "virtual_tokens": 4}, DPO),
        ({"kind": "full"}, DPO),
    ],
    ids=lambda one: "-".join(str(value) for value in one.values()),
)
def test_the_loss_is_the_paper_s_on_what_was_saved(
    write: Write, chat_model: Path, tmp_path: Path, method: dict[str, Any], objective: dict[str, Any]
) -> None:
    import torch

    # IA3 moves few numbers, and needs a high rate to move them at all.
    schedule = SCHEDULE | ({"learning_rate": 0.05} if method["kind"] == "ia3" else {})
    evaluation = {"fraction": 0.4}
    recipe = write(
        chat_model, ROWS, method=method, objective=objective, schedule=schedule, evaluation=evaluation, seed=6
    )
    made = train(recipe, tmp_path / "out")
    pairs: Any = prepare(read_recipe(recipe), tmp_path).held_out
    assert len(pairs) % 2
    tuned, reference = (log_likelihoods(saved_model(chat_model, one), pairs) for one in (made, None))
    rewards = objective.get("beta", 0.1) * (tuned - reference)
    lengths = torch.tensor([[row.learned for row in pair.sequences] for pair in pairs])
    margins = rewards[:, 0] - rewards[:, 1]
    assert margins.abs().max() > 1e-3
    trained = record(made.folder)
    expected = float(by_hand(objective, rewards, lengths).mean())
    assert trained["losses"]["held_out_loss"] == pytest.approx(expected, abs=1e-5, rel=1e-5)
    assert trained["preference"]["held_out"] == pytest.approx(
        {
            "accuracy": float((margins > 0).double().mean()),
            "margin": float(margins.mean()),
            "chosen": float(rewards[:, 0].mean()),
            "rejected": float(rewards[:, 1].mean()),
        },
        abs=1e-5,
    )


@pytest.mark.parametrize("kind", ["lora", "dora", "ia3", "bottleneck", "prompt_tuning", "prefix_tuning"])
def test_a_training_that_starts_from_an_adapter_is_compared_with_it(
    write: Write, chat_model: Path, tmp_path: Path, kind: str
) -> None:
    learned = [{"prompt": row["prompt"], "response": row["chosen"]} for row in ROWS]
    sft = SCHEDULE | {"learning_rate": 0.02, "max_steps": 10}
    start: Any = train(write(chat_model, learned, method={"kind": kind}, schedule=sft), tmp_path / "start")
    schedule = SCHEDULE | ({"learning_rate": 0.05} if kind == "ia3" else {})
    common: dict[str, Any] = {"method": {"kind": kind}, "objective": DPO, "evaluation": {"fraction": 0.4}, "seed": 6}
    recipe = write(chat_model, ROWS, schedule=schedule, start="start", **common)
    made = train(recipe, tmp_path / "out")
    first = json.loads((made.folder / "metrics.jsonl").read_text().splitlines()[0])
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-5)
    pairs: Any = prepare(read_recipe(recipe), tmp_path).held_out
    tuned, reference, base = (log_likelihoods(saved_model(chat_model, one), pairs) for one in (made, start, None))
    assert (reference - base).abs().max() > 0.01
    rewards = 0.1 * (tuned - reference)
    assert record(made.folder)["losses"]["held_out_loss"] == pytest.approx(
        float(by_hand(DPO, rewards, None).mean()), abs=1e-5, rel=1e-5
    )


def test_qlora_is_compared_with_its_base_in_4_bit(write: Write, chat_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
    made = train(write(chat_model, ROWS, method={"kind": "qlora"}, objective=DPO, schedule=SCHEDULE), tmp_path / "out")
    first, *_, last = [json.loads(line) for line in (made.folder / "metrics.jsonl").read_text().splitlines()]
    assert first["loss"] == pytest.approx(math.log(2)) and first["rewards/margins"] == 0
    assert last["rewards/margins"] > 0.01


def test_a_new_base_has_the_settings_of_the_old_one(write: Write, chat_model: Path, tmp_path: Path) -> None:
    schedule = SCHEDULE | {"max_steps": 2, "learning_rate": 1e-3}
    made = train(write(chat_model, ROWS, method={"kind": "full"}, objective=DPO, schedule=schedule), tmp_path / "out")
    for name in ("config.json", "generation_config.json"):
        assert json.loads((made.folder / name).read_text()) == json.loads((chat_model / name).read_text())


def test_accumulated_batches_are_one_batch(write: Write, chat_model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    made = []
    for batch, accumulation in ((4, 1), (2, 2)):
        schedule = SCHEDULE | {"batch_size": batch, "gradient_accumulation": accumulation, "max_steps": 3}
        recipe = write(chat_model, ROWS[:4], objective=DPO, schedule=schedule)
        out = train(recipe, tmp_path / f"{batch}").folder
        lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
        made.append((load_file(out / "adapter_model.safetensors"), [line["rewards/margins"] for line in lines]))
    (one, margins), (other, again) = made
    assert margins == pytest.approx(again, abs=1e-4)
    assert all(abs(one[name] - other[name]).max() < 1e-4 for name in one)


def test_equal_seeds_give_equal_bytes_and_checkpointing_gradients_changes_nothing(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    def trained(name: str, seed: int, **schedule: Any) -> Any:
        made = train(write(chat_model, ROWS, objective=DPO, schedule=SCHEDULE | schedule), tmp_path / name, seed=seed)
        return (made.folder / "adapter_model.safetensors").read_bytes(), record(made.folder)["losses"]

    first, losses = trained("a", 1)
    assert trained("b", 1)[0] == first != trained("c", 2)[0]
    assert trained("d", 1, gradient_checkpointing=True)[1] == pytest.approx(losses, abs=1e-5)


def test_a_training_that_was_killed_ends_in_the_bytes_of_a_whole_one(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    schedule = SCHEDULE | {"max_steps": 40, "save_every": 4}
    recipe = write(chat_model, ROWS, objective=DPO, schedule=schedule, evaluation={"fraction": 0.4, "every": 5}, seed=1)
    train_killed(recipe, tmp_path / "a", checkpoint=8)
    resumed, whole = train(recipe, tmp_path / "a").folder, train(recipe, tmp_path / "b").folder
    assert record(resumed)["resumed_from_step"] >= 8
    for name in ("adapter_model.safetensors", "adapter_config.json", "metrics.jsonl"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def tone_rows(shared: Path, count: int) -> list[dict[str, str]]:
    """Real questions of customers, to be answered in the tone that the prompt asks for, whichever it is."""
    with (shared / "data/banking77/train.csv").open(encoding="utf-8", newline="") as handle:
        found = [row for row in csv.DictReader(handle) if len(row["text"]) < 40]
    random.Random(0).shuffle(found)
    rows = []
    for place, row in enumerate(found[:count]):
        topic = row["category"].replace("_", " ")
        polite, rude = f"Thank you, we will look at {topic}.", f"No time, go and look at {topic}."
        tone, chosen, rejected = ("polite", polite, rude) if place % 2 else ("rude", rude, polite)
        prompt = f"Customer: {' '.join(row['text'].split())} A {tone} reply:"
        rows.append({"prompt": prompt, "chosen": chosen, "rejected": rejected})
    return rows


def test_a_preference_is_learned_and_seen_in_an_evaluation_run(shared: Path, tmp_path: Path) -> None:
    rows = tone_rows(shared, 220)
    unseen = [row | {"text": row["prompt"], "label": row["chosen"]} for row in rows[180:]]
    schedule = {"max_steps": 25, "batch_size": 8, "learning_rate": 4e-3}
    recipe = {"base": "reference", "data": "rows.jsonl", "objective": DPO | {"beta": 0.03}, "schedule": schedule}
    swapped = [{"prompt": r["prompt"], "chosen": r["rejected"], "rejected": r["chosen"]} for r in rows[:180]]
    for name, learned in (("right", rows[:180]), ("swapped", swapped)):
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in learned))
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"adapter": name} | recipe))
        train(tmp_path / f"{name}.yaml", tmp_path / name)
    lines = [json.loads(line) for line in (tmp_path / "right/metrics.jsonl").read_text().splitlines()]
    assert lines[0]["rewards/margins"] == 0 and lines[-1]["rewards/margins"] > 1
    write_pack(
        tmp_path,
        "tone",
        unseen,
        output="multiple_choice",
        choices=["{{ chosen }}", "{{ rejected }}"],
        metrics=["accuracy"],
    )
    suite = write_suite(tmp_path, {"right": "./right", "swapped": "./swapped"}, tasks=["./tone"])
    run = harness.evaluate(suite, tmp_path / "run")
    accuracy = {figure.model: figure.value for figure in compare(run).figures if figure.metric == "accuracy"}
    assert 0.3 < accuracy["base"] < 0.7
    assert accuracy["right"] > 0.9
    assert accuracy["swapped"] < 0.1
    report_run(run)
    assert "right" in (tmp_path / "run/report.html").read_text(encoding="utf-8")
