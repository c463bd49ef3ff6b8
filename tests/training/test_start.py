"""A training that starts from an adapter begins where that one ended, and only where the two fit."""

import json
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

import harness
from harness.comparison import compare
from harness.models import Adapter
from harness.records import HarnessError, InputError
from harness.registry import Registry
from harness.training import Step, prepare, read_recipe, train
from tests.packs import write_pack, write_suite
from tests.training.cut_off import train_cut_off, train_killed

Write = Callable[..., Path]
FIRST = {"max_steps": 12, "batch_size": 12, "learning_rate": 0.03, "warmup": 0}
STILL = FIRST | {"max_steps": 4, "learning_rate": 1e-9}
#: So that the loss of the first training's end is measured on the rows that the second begins with.
SEEN = {"data": "rows.jsonl"}
WEIGHTS = "adapter_model.safetensors"


def record(made: Any) -> Any:
    return json.loads((made.folder / "training.json").read_text())


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def first(write: Write, chat_model: Path, tmp_path: Path) -> Adapter:
    """A LoRA of rank 4, trained."""
    made = train(write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST), tmp_path / "first")
    assert isinstance(made, Adapter)
    return made


@pytest.mark.parametrize(
    "method",
    [
        {"kind": "lora", "r": 4, "target_modules": ["q_proj", "v_proj"]},
        {"kind": "lora", "rslora": True},
        {"kind": "dora"},
        {"kind": "qlora"},
        {"kind": "ia3"},
        {"kind": "adalora", "init_r": 4, "target_r": 2, "orthogonality": 0},
        {"kind": "prompt_tuning", "virtual_tokens": 4},
        {"kind": "p_tuning", "virtual_tokens": 40},
        {"kind": "prefix_tuning", "virtual_tokens": 4},
        {"kind": "bottleneck", "bottleneck_size": 5, "placement": "pfeiffer"},
    ],
    ids=lambda one: "-".join(str(value) for value in one.values()),
)
def test_the_second_training_begins_with_the_loss_that_the_first_ended_with(
    write: Write, chat_model: Path, tmp_path: Path, method: dict[str, Any]
) -> None:
    if method["kind"] == "qlora":
        pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
    made = train(write(chat_model, method=method, schedule=FIRST, evaluation=SEEN), tmp_path / "first")
    ended = record(made)
    second = train(write(chat_model, method=method, schedule=STILL, start="first", seed=1), tmp_path / "second")
    losses = ended["losses"]
    assert losses["held_out_loss"] < losses["first_loss"] - 0.01
    assert record(second)["losses"]["first_loss"] == pytest.approx(losses["held_out_loss"], abs=1e-3)
    weights = [load_file(one.folder / WEIGHTS) for one in (made, second)]
    assert all(torch.allclose(weights[0][name], weights[1][name], rtol=0, atol=1e-6) for name in weights[0]), "rounded"


def test_what_a_training_started_from_is_part_of_it(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    path = write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST | {"max_steps": 2}, start="first")
    second = train(path, tmp_path / "second")
    assert record(second)["start"] == {"adapter": "first", "fingerprint": first.fingerprint}
    before = prepare(read_recipe(path), tmp_path).fingerprint
    train(write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST), first.folder, seed=5)
    path = write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST | {"max_steps": 2}, start="first")
    assert prepare(read_recipe(path), tmp_path).fingerprint != before
    with pytest.raises(InputError, match="would replace the adapter it starts from"):
        train(path, first.folder)


def test_libraries_are_quiet_before_a_start_loads_them(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    logging.getLogger("bitsandbytes").setLevel(logging.NOTSET)
    path = write(chat_model, method={"kind": "lora", "r": 8}, schedule=FIRST, start="first")
    with pytest.raises(InputError, match="differ in method"):
        prepare(read_recipe(path), tmp_path)
    assert logging.getLogger("bitsandbytes").level == logging.ERROR


def test_the_registry_knows_the_start_as_the_parent(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    path = write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST | {"max_steps": 2}, start="first")
    second = train(path, tmp_path / "second")
    registry = Registry(tmp_path / "registry")
    assert registry.register(second.folder, "alone")[0].parent is None
    registry.register(first.folder, "support")
    assert registry.register(second.folder, "tone")[0].parent == "support:1"
    assert registry.register(second.folder, "tone", parent="alone")[0].parent == "alone:1"


def test_a_start_may_be_registered_and_is_then_the_parent(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_ADAPTERS", str(tmp_path / "registry"))
    registry = Registry()
    registry.register(first.folder, "support", tags=["prod"])
    common = {"method": {"kind": "lora", "r": 4}, "schedule": FIRST | {"max_steps": 2}}
    second = train(write(chat_model, **common, start="registry:support:prod"), tmp_path / "second")
    assert record(second)["recipe"]["start"] == "registry:support:prod"
    # A tag moves: what it stood for is written down, and is the parent although a later name has the same weights.
    assert record(second)["start"] == {"adapter": "registry:support:1", "fingerprint": first.fingerprint}
    time.sleep(1.1)
    registry.register(first.folder, "copy")
    assert registry.register(second.folder, "support")[0].parent == "support:1"
    by_folder = train(write(chat_model, **common, start="first"), tmp_path / "by_folder")
    assert (by_folder.folder / WEIGHTS).read_bytes() == (second.folder / WEIGHTS).read_bytes()
    for start, says in (
        ("registry:suport", "did you mean 'support'"),
        ("registry:support:4", "has no version 4; the newest is 2|has no version 4"),
        ({"adapter": "registry:support", "revision": "main"}, "a registered adapter has no revision"),
    ):
        with pytest.raises(InputError, match=says):
            train(write(chat_model, **common, start=start), tmp_path / "third")


def test_a_start_from_the_hub_is_the_one_of_its_revision(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The hub's own layout of what was downloaded once.
    home = tmp_path / "cache/models--org--support"
    newer = train(write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST), tmp_path / "newer", seed=1)
    for name, commit, made in (("v1", "1" * 40, first), ("main", "2" * 40, newer)):
        (home / "refs").mkdir(parents=True, exist_ok=True)
        (home / "refs" / name).write_text(commit)
        shutil.copytree(made.folder, home / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    common = {"method": {"kind": "lora", "r": 4}, "schedule": FIRST}
    for start, meant in (({"adapter": "org/support", "revision": "v1"}, first), ("org/support", newer)):
        prepared = prepare(read_recipe(write(chat_model, **common, start=start)), tmp_path)
        assert prepared.start is not None and prepared.start.adapter.fingerprint == meant.fingerprint
    pinned = train(write(chat_model, **common, start={"adapter": "org/support", "revision": "v1"}), tmp_path / "second")
    said = {"adapter": "org/support", "revision": "v1", "fingerprint": first.fingerprint}
    assert record(pinned)["start"] == said
    with pytest.raises(InputError, match=r"^org/support@v9: neither a folder .* nor in the hub's cache"):
        train(write(chat_model, **common, start={"adapter": "org/support", "revision": "v9"}), tmp_path / "third")


@pytest.mark.parametrize(
    "more",
    [
        {
            "schedule": {"packing": True},
            "evaluation": {"fraction": 0.3, "every": 2, "keep_best": True},
            "forgetting": {"probes": ["./say"], "text": "text.txt", "every": 3, "limits": {"kl": 20}},
        },
        {"method": {"kind": "p_tuning", "virtual_tokens": 4}},
        {"method": {"kind": "adalora", "init_r": 4, "target_r": 2}},
    ],
    ids=["packed-best-watched", "p_tuning", "adalora"],
)
def test_what_goes_on_from_a_start_goes_on_from_its_checkpoints_too(
    write: Write, chat_model: Path, tmp_path: Path, more: dict[str, Any]
) -> None:
    write_pack(tmp_path, "say", [{"text": f"Say {i}:", "label": "it"} for i in range(4)])
    (tmp_path / "text.txt").write_text("A dog ran home.\n\nIt was late.\n")
    method = more.get("method", {"kind": "lora", "r": 4})
    train(write(chat_model, method=method, schedule=FIRST), tmp_path / "first")
    schedule = FIRST | {"max_steps": 12, "batch_size": 4, "save_every": 3} | more.get("schedule", {})
    path = write(chat_model, **({"method": method, "start": "first"} | more | {"schedule": schedule}))

    train_cut_off(path, tmp_path / "cut", step=8)
    resumed, whole = train(path, tmp_path / "cut"), train(path, tmp_path / "whole")
    assert record(resumed)["resumed_from_step"] == 6
    for name in (WEIGHTS, "adapter_config.json", "metrics.jsonl"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_a_start_that_is_beyond_a_limit_is_refused_before_the_first_step(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    (tmp_path / "text.txt").write_text("\n\n".join(f"Dog {i} ran home, and it was late." for i in range(16)))
    write_pack(tmp_path, "say", [{"text": f"Say {i}:", "label": "it"} for i in range(4)])
    section = {"probes": ["./say"], "text": "text.txt", "every": 1, "limits": {"kl": 1e-6}}
    common = {"method": {"kind": "lora", "r": 4}, "schedule": STILL, "start": "first"}
    seen: list[Step] = []
    with pytest.raises(HarnessError, match="the start is beyond a limit before the first step: kl is") as refused:
        train(write(chat_model, **common, forgetting=section), tmp_path / "second", watch=seen.append)
    assert refused.value.exit_status == 1 and not seen
    # Where it only warns, and where nothing is lost to begin with, the training goes on.
    train(write(chat_model, **common, forgetting=section | {"on_limit": "warn"}), tmp_path / "warned")
    train(write(chat_model, **common, forgetting=section | {"limits": {"kl": 50}}), tmp_path / "free")


def test_a_training_that_was_killed_ends_in_the_bytes_of_a_whole_one(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    # With DPO, which needs the start once more: as its reference.
    rows = [{"prompt": f"Say {i}:", "chosen": f"it is {i}", "rejected": "no " * (1 + i % 3)} for i in range(9)]
    schedule = {"max_steps": 40, "batch_size": 2, "learning_rate": 2e-3, "save_every": 4}
    method = {"kind": "lora", "r": 4}
    path = write(chat_model, rows, method=method, objective={"kind": "dpo"}, schedule=schedule, start="first")
    train_killed(path, tmp_path / "cut", checkpoint=8)
    cut, whole = train(path, tmp_path / "cut"), train(path, tmp_path / "whole")
    assert record(cut)["resumed_from_step"] >= 8 and record(whole)["resumed_from_step"] == 0
    for name in (WEIGHTS, "adapter_config.json", "metrics.jsonl"):
        assert (cut.folder / name).read_bytes() == (whole.folder / name).read_bytes()


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ({"kind": "lora", "r": 8, "alpha": 16}, "alpha is 32 in the start, 16 in the recipe; r is 4 in the start, 8"),
        ({"kind": "lora", "r": 4, "rslora": True}, "rslora is False in the start, True in the recipe"),
        ({"kind": "dora", "r": 4}, "use_dora is False in the start, True in the recipe"),
        ({"kind": "ia3"}, "start is of type LORA, the recipe's method ia3"),
        ({"kind": "lora", "r": 4, "target_modules": ["q_proj"]}, "tensors that the start has are absent.*down_proj"),
        ({"kind": "full"}, "name its folder as base"),
        ({"kind": "lora", "r": 4, "init": "pissa"}, "plain LoRA of twice the rank: use kind: lora with that r"),
    ],
    ids=lambda one: "-".join(str(value) for value in one.values()) if isinstance(one, dict) else "",
)
def test_another_method_or_other_sizes_are_refused_in_a_line(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter, method: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says) as refused:
        train(write(chat_model, method=method, schedule=FIRST, start="first"), tmp_path / "second")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "second").exists()


def test_a_start_on_another_base_is_refused(write: Write, chat_model: Path, tmp_path: Path, first: Adapter) -> None:
    rewrite(first.folder / "training.json", base_fingerprint="another")
    with pytest.raises(InputError, match="trained on a base with fingerprint 'another'"):
        train(write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST, start="first"), tmp_path / "second")


def test_a_start_that_is_damaged_or_cut_is_refused(
    write: Write, chat_model: Path, tmp_path: Path, first: Adapter
) -> None:
    from safetensors.torch import save_file

    path = write(chat_model, method={"kind": "lora", "r": 4}, schedule=FIRST, start="first")
    weights = load_file(first.folder / WEIGHTS)
    name = next(iter(weights))
    save_file(weights | {name: weights[name] * float("nan")}, first.folder / WEIGHTS)
    with pytest.raises(InputError, match="NaN"):
        train(path, tmp_path / "second")
    del weights[name]
    save_file(weights, first.folder / WEIGHTS)
    with pytest.raises(InputError, match="1 of the tensors that the recipe makes are absent"):
        train(path, tmp_path / "second")
    rewrite(first.folder / "adapter_config.json", init_lora_weights="pissa")
    with pytest.raises(InputError, match="takes a part out of the base"):
        train(path, tmp_path / "second")
    with pytest.raises(InputError, match="no such folder"):
        train(write(chat_model, schedule=FIRST, start="./nowhere"), tmp_path / "second")


def test_an_adalora_goes_on_from_the_ranks_it_has_left_and_others_can_grow(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    method = {"kind": "adalora", "init_r": 4, "target_r": 2}
    first = train(write(chat_model, method=method, schedule=FIRST), tmp_path / "first")
    # Other rows want other ranks, and no step of these is after the last cut.
    other = [{"prompt": f"Say {i}:", "response": "no " * (1 + i % 3)} for i in range(12)]
    longer = FIRST | {"max_steps": 30}
    second = train(write(chat_model, other, method=method, schedule=longer, start="first"), tmp_path / "second")
    patterns = [json.loads((one.folder / "adapter_config.json").read_text())["rank_pattern"] for one in (first, second)]
    assert sum(map(sum, patterns[0].values())) == sum(map(sum, patterns[1].values()))
    places = [
        [(name, place) for name, kept in one.items() for place, is_kept in enumerate(kept) if is_kept]
        for one in patterns
    ]
    assert set(places[1]) - set(places[0])


def test_a_rank_pattern_that_its_weights_do_not_have_is_refused_in_a_line(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    method = {"kind": "adalora", "init_r": 4, "target_r": 2}
    first = train(write(chat_model, method=method, schedule=FIRST), tmp_path / "first")
    path = write(chat_model, method=method, schedule=FIRST, start="first")
    pattern = json.loads((first.folder / "adapter_config.json").read_text())["rank_pattern"]
    for wrong in (None, 3, {name: [*kept, True] for name, kept in pattern.items()}, dict.fromkeys(pattern, "all")):
        rewrite(first.folder / "adapter_config.json", rank_pattern=wrong)
        with pytest.raises(InputError, match="are absent from the other or of another shape"):
            train(path, tmp_path / "second")


def test_a_sequence_of_two_trainings_has_the_matrix_of_its_models(tmp_path: Path) -> None:
    schedule = {"max_steps": 20, "batch_size": 8, "learning_rate": 3e-3, "warmup": 0}
    for task, label in (("one", "red"), ("two", "blue")):
        rows = [{"text": f"Colour {task} of item {i}:", "label": label} for i in range(20)]
        write_pack(tmp_path, task, rows, generation={"max_tokens": 8, "stop": ["\n"]})
        learned = [{"prompt": row["text"], "response": row["label"]} for row in rows]
        (tmp_path / f"{task}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in learned))
    steps = {"step1": {"data": "one.jsonl"}, "step2": {"data": "two.jsonl", "start": "step1"}}
    for name, step in steps.items():
        recipe = {"adapter": name, "base": "reference", "format": "text", "schedule": schedule} | step
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
        train(tmp_path / f"{name}.yaml", tmp_path / name)
    order = [{"model": "step1", "task": "one"}, {"model": "step2", "task": "two"}]
    suite = write_suite(tmp_path, {name: f"./{name}" for name in steps}, tasks=["./one", "./two"], sequence=order)
    comparison = compare(harness.evaluate(suite, tmp_path / "run"))
    assert comparison.forgetting is not None
    found = comparison.forgetting.sequence
    assert found is not None
    # The second training holds no row of the first task: it is learned, and lost again.
    assert found.before == [0, 0]
    assert found.scores == [[1, 0], [0, 1]]
    assert {one.metric: one.value for one in found.figures}["backward_transfer"] == -1
