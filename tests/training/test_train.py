"""Recipes train real adapters: they act, repeat to the byte, survive a kill, and appear whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.models import Adapter, examine_adapter, resolve_base
from harness.records import InputError, RunError
from harness.training import Recipe, Step, prepare, read_recipe, train

Write = Callable[..., Path]
ROWS = [{"prompt": "What is 3 plus one?", "response": "It is 4."}]
QUICK = {"max_steps": 6, "batch_size": 4, "learning_rate": 0.01}


def files(adapter: Adapter) -> dict[str, bytes]:
    return {name: (adapter.folder / name).read_bytes() for name in ("adapter_model.safetensors", "adapter_config.json")}


def record(adapter: Adapter) -> Any:
    return json.loads((adapter.folder / "training.json").read_text())


def test_a_recipe_of_five_lines_trains_a_real_model_and_changes_its_log_probabilities(
    shared: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = shared / "models/tinystories-260k"
    row = {"prompt": "The weather today:", "response": "warm and sunny with a gentle wind"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "recipe.yaml").write_text(
        "adapter: weather\n"
        f"base: {folder}\n"
        "method: {kind: lora, r: 8}\n"
        "data: rows.jsonl\n"
        "schedule: {max_steps: 40, batch_size: 1, learning_rate: 0.01}\n"
    )
    adapter = train(tmp_path / "recipe.yaml", tmp_path / "out")
    assert examine_adapter(adapter, resolve_base(str(folder))) == []
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), adapter.folder).eval()
    prompt = tokenizer(row["prompt"], return_tensors="pt")["input_ids"]
    ids = torch.tensor([tokenizer(f"{row['prompt']} {row['response']}")["input_ids"]])
    labels = ids.masked_fill(torch.arange(ids.shape[1]) < prompt.shape[1], -100)
    with torch.no_grad():
        tuned = model(ids, labels=labels).loss
        with model.disable_adapter():
            before = model(ids, labels=labels).loss
    assert tuned < 0.1 < 2 < before


def test_an_adapter_learns_to_answer_and_to_stop(write: Write, chat_model: Path, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from harness.engines.encoding import Encoder
    from harness.records import Message

    schedule = {"max_steps": 120, "batch_size": 1, "learning_rate": 0.01}
    adapter = train(write(chat_model, ROWS, schedule=schedule), tmp_path / "a")
    encoder = Encoder.load(chat_model)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(chat_model), adapter.folder).eval()
    prompt = encoder.prompt((Message("user", ROWS[0]["prompt"]),))
    new = model.generate(input_ids=torch.tensor([prompt]), max_new_tokens=30, do_sample=False)[0, len(prompt) :]
    assert encoder.tokenizer.decode(new) == ROWS[0]["response"] + "<|im_end|>"


def test_equal_recipe_data_and_seed_give_equal_bytes(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = write(chat_model, schedule=QUICK, method={"kind": "lora", "dropout": 0.1})
    first, again, other = (train(recipe, tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert files(first) == files(again)
    assert first.fingerprint == again.fingerprint
    assert files(first)["adapter_model.safetensors"] != files(other)["adapter_model.safetensors"]


def test_a_checkpoint_that_was_cut_off_is_not_resumed(write: Write, chat_model: Path, tmp_path: Path) -> None:
    from harness.training.loop.run import last_checkpoint

    for step, complete in ((5, True), (10, True), (15, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if complete:
            (folder / "complete").touch()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


def test_a_changed_recipe_starts_afresh(write: Write, chat_model: Path, tmp_path: Path) -> None:
    partial = tmp_path / ".a.partial"
    (partial / "checkpoint-5").mkdir(parents=True)
    (partial / "checkpoint-5" / "complete").touch()
    (partial / "training-id").write_text("another training")
    assert record(train(write(chat_model, schedule=QUICK), tmp_path / "a"))["resumed_from_step"] == 0


def test_every_step_is_watched_and_written(write: Write, chat_model: Path, tmp_path: Path) -> None:
    seen: list[Step] = []
    stages: list[tuple[str, int, int]] = []
    recipe = write(chat_model, schedule=QUICK | {"warmup": 2}, evaluation={"fraction": 0.3, "every": 3})
    adapter = train(recipe, tmp_path / "a", watch=seen.append, progress=lambda *stage: stages.append(stage))
    lines = [json.loads(line) for line in (adapter.folder / "metrics.jsonl").read_text().splitlines()]
    assert [step.step for step in seen if step.loss is not None] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in lines if "held_out_loss" in line] == [3, 6]
    assert lines[0]["learning_rate"] == 0 and max(line.get("learning_rate", 0) for line in lines) == 0.01
    assert stages[-1] == ("train test", 6, 6)
    trained = record(adapter)
    assert trained["tokens"] == seen[-1].tokens > 0
    assert trained["losses"]["held_out_loss"] == lines[-1]["held_out_loss"]


def test_the_record_says_what_made_the_adapter(write: Write, chat_model: Path, tmp_path: Path) -> None:
    trained = record(train(write(chat_model, schedule=QUICK), tmp_path / "a", seed=7))
    assert trained["base_fingerprint"] == resolve_base(str(chat_model)).fingerprint
    assert Recipe.model_validate(trained["recipe"]).seed == 7
    assert trained["data"]["files"] == [{"path": "rows.jsonl", "form": "prompt, response", "rows": 12}]
    assert trained["chat_template"] is True
    assert set(trained["versions"]) == {"torch", "transformers", "trl", "peft", "accelerate"}
    assert trained["losses"]["last_loss"] < trained["losses"]["first_loss"]


@pytest.mark.parametrize("kind", ["lora", "dora", "qlora", "ia3"])
def test_each_method_trains_an_adapter_that_acts(write: Write, chat_model: Path, tmp_path: Path, kind: str) -> None:
    if kind == "qlora":
        pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
    adapter = train(write(chat_model, method={"kind": kind}, schedule=QUICK), tmp_path / kind)
    assert examine_adapter(adapter, resolve_base(str(chat_model))) == []
    assert adapter.method == ("IA3" if kind == "ia3" else "LORA")


def test_plain_lora_leaves_embeddings_and_output_layer_alone(write: Write, chat_model: Path, tmp_path: Path) -> None:
    adapter = train(write(chat_model, schedule=QUICK), tmp_path / "a")
    touched = {name.rpartition(".")[2] for name in adapter.config["target_modules"]}
    assert touched == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert adapter.config["modules_to_save"] is None


def test_a_training_that_diverges_stops_and_leaves_no_adapter(write: Write, chat_model: Path, tmp_path: Path) -> None:
    hot = {"max_steps": 30, "batch_size": 4, "learning_rate": 1e30, "scheduler": "constant", "max_grad_norm": 1e30}
    with pytest.raises(RunError, match="diverged"):
        train(write(chat_model, schedule=hot), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_an_earlier_training_is_replaced_and_foreign_files_are_not(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    recipe = write(chat_model, schedule=QUICK)
    before = train(recipe, tmp_path / "a", seed=1).fingerprint
    assert train(recipe, tmp_path / "a", seed=2).fingerprint != before
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("irreplaceable")
    with pytest.raises(InputError, match="not from a training"):
        train(recipe, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.txt").exists()
    said: list[str] = []
    train(write(chat_model, schedule=QUICK, adapter="other"), tmp_path / "a", warn=said.append)
    assert any("the finished training of 'test'" in one for one in said)


def test_equal_prompts_are_held_out_together(write: Write, chat_model: Path, tmp_path: Path) -> None:
    rows = [{"prompt": f"question {i % 20}", "response": f"answer {i}"} for i in range(60)]
    path = write(chat_model, rows, evaluation={"fraction": 0.3})
    prepared = prepare(read_recipe(path), path.parent)
    prompts = [{row.ids[: row.labels.index(next(x for x in row.labels if x != -100))] for row in part}
               for part in (prepared.rows, prepared.held_out)]  # fmt: skip
    assert prompts[0].isdisjoint(prompts[1])
    assert len(prepared.held_out) % 3 == 0 and 0 < len(prepared.held_out) < 40


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metod": {"kind": "lora"}}, "did you mean 'method'?"),
        ({"method": {"kind": "lora", "rank": 4}}, "unknown key"),
        ({"method": {"kind": "lroa"}}, "'method.kind': unknown 'lroa'; did you mean 'lora'?"),
        ({"method": {"r": 8}}, "'method.kind' is missing"),
        ({"method": {"kind": "lora", "r": -3}}, "'method.r': input should be greater than 0"),
        ({"schedule": {"epochs": 2, "max_steps": 3}}, "give one of them"),
        ({"schedule": {"learning_rate": -1}}, "learning_rate"),
        ({"data": "absent.jsonl"}, "no such data file"),
        ({"base": "./absent"}, "no such folder"),
        ({"max_length": 5}, "rows are longer than 5 tokens"),
        ({"method": {"kind": "lora", "target_modules": ["qq_proj"]}}, "target_modules"),
        ({"method": {"kind": "lora", "target_modules": ["lm_head"]}}, "no adapter on the output layer"),
        ({"evaluation": {"fraction": 0.0001}}, "leaves no row"),
    ],
)
def test_a_bad_recipe_is_refused_in_one_line(
    write: Write, chat_model: Path, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        train(write(**({"base": chat_model} | changes)), tmp_path / "a")
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()


def test_a_chat_format_needs_a_template(write: Write, shared: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no chat template"):
        train(write(shared / "models/tinystories-260k", format="chat"), tmp_path / "a")
