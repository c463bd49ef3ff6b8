"""Every method trains on the reference model, is saved as it was trained, acts in an engine and survives a kill."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.engines.base import EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.transformers import TransformersEngine
from harness.models import Adapter, Base, Model, examine_adapter, method_of, resolve_base
from harness.records import Answer, InputError, Kind, Request, RunError
from harness.training import prepare, read_recipe, train
from harness.training.recipes.explain import METHODS as METHODS_BY_KIND
from harness.training.recipes.explain import explain_method
from tests.training.cut_off import train_cut_off

Write = Callable[..., Path]
ROWS = [{"prompt": f"The colour of box {i}:", "response": "a very bright green"} for i in range(16)]
SCHEDULE = {"max_steps": 16, "batch_size": 4, "warmup": 0}
METHODS: dict[str, dict[str, Any]] = {
    "pissa": {"kind": "lora", "r": 8, "init": "pissa"},
    "olora": {"kind": "lora", "r": 8, "init": "olora", "rslora": True},
    "adalora": {"kind": "adalora", "init_r": 6, "target_r": 3, "orthogonality": 0.1},
    "ia3": {"kind": "ia3"},
    "prompt_tuning": {"kind": "prompt_tuning", "virtual_tokens": 8},
    "p_tuning": {"kind": "p_tuning", "virtual_tokens": 8, "hidden_size": 64},
    "prefix_tuning": {"kind": "prefix_tuning", "virtual_tokens": 8},
    "bottleneck": {"kind": "bottleneck", "reduction_factor": 8, "dropout": 0.1},
    "full": {"kind": "full"},
}
RATES = {"adalora": 3e-2, "ia3": 5e-2, "full": 1e-3}


def trained(write: Write, out: Path, name: str, **changes: Any) -> Adapter | Base:
    schedule = SCHEDULE | ({"learning_rate": RATES[name]} if name in RATES else {})
    recipe = {"method": METHODS[name], "schedule": schedule, "evaluation": {"fraction": 0.25}} | changes
    return train(write("reference", ROWS, **recipe), out)  # type: ignore[arg-type]


def record(folder: Path) -> Any:
    return json.loads((folder / "training.json").read_text())


def answers(models: list[Model], name: str) -> list[Answer]:
    base = models[0].base
    engine = TransformersEngine(EngineSettings(device="cpu"), models, Encoder.load(base.folder))
    requests = [Request(name, Kind.LOGLIKELIHOOD, row["prompt"], (" a very bright green",)) for row in ROWS[:2]]
    found = {request: answer for some in engine.answer(requests) for request, answer in some}
    return [found[request] for request in requests]


def held_out_loss(made: Adapter | Base, recipe: Path) -> float:
    """As the saved files give it, read by PEFT and transformers alone."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    prepared = prepare(read_recipe(recipe), recipe.parent)
    folder = made.folder if isinstance(made, Base) else prepared.base.folder
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if isinstance(made, Adapter):
        model = PeftModel.from_pretrained(model, made.folder)
    model.eval()
    total, learned = 0.0, 0
    for row in prepared.held_out:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row.ids])).logits[0, -len(row.ids) :]
        total += float(torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(row.labels[1:]), reduction="sum"))
        learned += row.learned
    return total / learned


@pytest.mark.parametrize("name", METHODS)
def test_a_method_learns_and_what_was_trained_is_what_was_saved_and_what_answers(
    write: Write, tmp_path: Path, name: str
) -> None:
    made = trained(write, tmp_path / name, name)
    losses = record(made.folder)["losses"]
    assert losses["last_loss"] < 0.95 * losses["first_loss"]
    # A new base is saved in bfloat16, as the reference model is.
    tolerance = 0.02 if name == "full" else 1e-3
    assert held_out_loss(made, tmp_path / "recipe.yaml") == pytest.approx(losses["held_out_loss"], abs=tolerance)
    base = resolve_base("reference")
    models = [Model("base", base)]
    if isinstance(made, Adapter):
        assert examine_adapter(made, base) == []
        before, after = (answers([*models, Model("tuned", base, made)], one) for one in ("base", "tuned"))
    else:
        before, after = answers(models, "base"), answers([Model("tuned", made)], "tuned")
    for old, new in zip(before, after, strict=True):
        assert new.likelihoods[0].total > old.likelihoods[0].total + 1


@pytest.mark.parametrize("name", ["pissa", "adalora", "p_tuning", "prefix_tuning", "bottleneck", "full"])
def test_a_training_that_was_cut_off_ends_in_the_bytes_of_a_whole_one(write: Write, tmp_path: Path, name: str) -> None:
    schedule = SCHEDULE | {"save_every": 3, "max_steps": 12, "learning_rate": 3e-3}
    recipe = write("reference", ROWS, method=METHODS[name], schedule=schedule)  # type: ignore[arg-type]

    train_cut_off(recipe, tmp_path / "a", step=8)
    resumed, whole = train(recipe, tmp_path / "a"), train(recipe, tmp_path / "b")
    assert record(resumed.folder)["resumed_from_step"] == 6
    assert resumed.fingerprint == whole.fingerprint
    assert (resumed.folder / "metrics.jsonl").read_text() == (whole.folder / "metrics.jsonl").read_text()


def test_a_pissa_adapter_is_saved_as_plain_lora_that_any_engine_can_hold(write: Write, tmp_path: Path) -> None:
    made = trained(write, tmp_path / "a", "pissa")
    assert isinstance(made, Adapter)
    assert (made.method, made.rank, made.config["init_lora_weights"]) == ("LORA", 16, True)
    assert method_of(made).mixes_in_batch and not method_of(made).moves_base


@pytest.mark.parametrize("name", ["pissa", "olora"])
def test_a_conversion_is_exact_after_a_training_in_16_bit(write: Write, tmp_path: Path, name: str) -> None:
    made = trained(write, tmp_path / "a", name, dtype="bfloat16", schedule=SCHEDULE | {"max_steps": 2})
    assert record(made.folder)["dtype"] == "bfloat16"


def test_a_conversion_that_is_not_exact_is_refused(write: Write, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from harness.training.moved_base import check_conversion

    folder = resolve_base("reference").folder
    made = trained(write, tmp_path / "a", "olora", schedule=SCHEDULE | {"max_steps": 2})
    prepared = prepare(read_recipe(tmp_path / "recipe.yaml"), tmp_path)
    other = get_peft_model(AutoModelForCausalLM.from_pretrained(folder), LoraConfig(task_type="CAUSAL_LM"))
    with pytest.raises(RunError, match="differs from what was trained"):
        check_conversion(other, AutoModelForCausalLM.from_pretrained(folder), made.folder, prepared.rows)


def test_adalora_ends_with_the_ranks_that_it_was_given(write: Write, tmp_path: Path) -> None:
    made = trained(write, tmp_path / "a", "adalora")
    assert isinstance(made, Adapter)
    kept = [sum(chosen) for chosen in made.config["rank_pattern"].values()]
    assert len(kept) == 28 and sum(kept) == 3 * 28
    assert min(kept) < max(kept)


def test_virtual_tokens_shrink_the_context_and_say_so(write: Write, chat_model: Path, tmp_path: Path) -> None:
    method = {"kind": "prompt_tuning", "virtual_tokens": 60}
    path = write(chat_model, [*ROWS, {"prompt": "word " * 60, "response": "long"}], method=method)
    prepared = prepare(read_recipe(path), path.parent)
    assert any("leave 68 tokens of the base's context" in warning for warning in prepared.diagnosis.warnings)
    assert prepared.diagnosis.too_long and all(len(row.ids) <= 68 for row in prepared.rows)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": {"kind": "lora", "r": 48, "init": "pissa"}}, "at most 32 directions"),
        ({"method": {"kind": "dora", "init": "pissa"}}, "unknown key"),
        ({"method": {"kind": "adalora", "init_r": 4, "target_r": 4}}, "less than init_r"),
        ({"method": {"kind": "adalora"}, "schedule": {"max_steps": 1}}, "none is left in which ranks could fall"),
        ({"method": {"kind": "prompt_tuning", "virtual_tokens": 128}}, "fill the base's context"),
        ({"method": {"kind": "prefix_tuning"}, "schedule": {"gradient_checkpointing": True}}, "prefix_tuning"),
        ({"method": {"kind": "bottleneck", "bottleneck_size": 8, "reduction_factor": 4}}, "give one of them"),
        ({"method": {"kind": "bottleneck", "placement": "houlsbey"}}, "'houlsby' or 'pfeiffer'"),
        ({"method": {"kind": "full", "r": 4}}, "unknown key"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line(
    write: Write, chat_model: Path, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        train(write(chat_model, **changes), tmp_path / "a")
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()


def test_full_training_that_rounding_undoes_is_refused(write: Write, tmp_path: Path) -> None:
    schedule = {"max_steps": 1, "batch_size": 1, "learning_rate": 1e-12, "warmup": 0}
    with pytest.raises(RunError, match="no weight changed"):
        train(write("reference", ROWS, method={"kind": "full"}, schedule=schedule), tmp_path / "a")  # type: ignore[arg-type]
    assert not (tmp_path / "a").exists()


def test_what_explain_says_of_a_method_is_what_happens(write: Write, tmp_path: Path) -> None:
    quick = {"schedule": {"max_steps": 2, "batch_size": 1}, "dtype": "bfloat16"}
    made = trained(write, tmp_path / "a", "adalora", method={"kind": "adalora"}, **quick)
    assert record(made.folder)["trained_parameters"] == explain_method("adalora").parameters
    assert [kind for kind in METHODS_BY_KIND if explain_method(kind).merges is False] == [
        "prompt_tuning", "p_tuning", "prefix_tuning", "bottleneck",
    ]  # fmt: skip
    with pytest.raises(InputError, match="did you mean 'lora'"):
        explain_method("loar")


def test_explain_and_vllm_agree_on_what_vllm_serves() -> None:
    pytest.importorskip("vllm", reason="asks the installed vLLM")
    from harness.engines.vllm.capability import capability_table

    refused = capability_table()
    names = {"lora": "LoRA", "dora": "DoRA", "adalora": "ADALORA", "ia3": "IA3", "prompt_tuning": "PROMPT_TUNING",
             "p_tuning": "P_TUNING", "prefix_tuning": "PREFIX_TUNING", "bottleneck": "HARNESS_BOTTLENECK"}  # fmt: skip
    for kind, name in names.items():
        assert ("vllm" in explain_method(kind).engines) == (refused[name] == ""), kind


def test_explain_prints_every_key_with_its_meaning_and_needs_no_recipe() -> None:
    from typer.testing import CliRunner

    from harness.cli.train import app

    shown = CliRunner().invoke(app, ["--explain", "--json"])
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert [method["kind"] for method in found["methods"]] == list(METHODS_BY_KIND)
    keys = [key for section in found["sections"].values() for key in section]
    keys += [key for method in found["methods"] for key in method["keys"]]
    assert len(keys) > 40 and all(key["meaning"] and key["type"] for key in keys)
    one = CliRunner().invoke(app, ["adalora", "--explain"])
    assert "target_r" in one.stdout and "batch_size" not in one.stdout
    recipe = CliRunner().invoke(app, [str(Path(__file__).parents[3] / "adapters" / "careful.yaml"), "--explain"])
    assert recipe.exit_code == 0 and "batch_size" in recipe.stdout and "target_r" not in recipe.stdout
    dpo = CliRunner().invoke(app, ["dpo", "--explain"])
    assert "label_smoothing" in dpo.stdout and "target_r" not in dpo.stdout and dpo.exit_code == 0
