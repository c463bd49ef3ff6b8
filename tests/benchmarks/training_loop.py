"""What a step costs in processor time: TRL's SFTTrainer with the model's own loss (the harness), TRL's as it comes, and
transformers' Trainer, on the reference model and the same batches, in turns in one process.

OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 python tests/benchmarks/training_loop.py
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.models.quiet import quiet_libraries
from harness.training import Recipe, prepare
from harness.training.loop.plan import Plan, make_plan

LOOPS = ("harness", "trl", "transformers")


def prepared_plan(folder: Path, steps: int, packing: bool) -> tuple[Any, Plan]:
    """Rows of 20 to 60 words from the general text that is in the repository."""
    words = (Path(__file__).parents[2] / "tasks/world_text/test.jsonl").read_text(encoding="utf-8").split()
    starts = [37 * row % (len(words) - 60) for row in range(200)]
    rows = [
        {"prompt": " ".join(words[at : at + 10]), "response": " ".join(words[at + 10 : at + 20 + at % 41])}
        for at in starts
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    schedule = {"max_steps": steps, "batch_size": 2 if packing else 8, "packing": packing}
    recipe = Recipe.model_validate({"adapter": "speed", "data": "rows.jsonl", "schedule": schedule, "max_length": 512})
    prepared = prepare(recipe, folder)
    return prepared, make_plan(prepared)


def trainer(loop: str, prepared: Any, plan: Plan, folder: Path) -> Any:
    from transformers import PrinterCallback, Trainer, TrainingArguments
    from trl import SFTConfig, SFTTrainer

    from harness.training.adapted import trainable_model
    from harness.training.loop.arguments import trainer_arguments
    from harness.training.loop.sft import collate, sft_trainer

    model = trainable_model(prepared.base, prepared.recipe, "float32", plan.steps)
    given = (model, plan, prepared.recipe, folder)
    made = sft_trainer(*given, pad=prepared.pad, dtype="float32", callbacks=[])
    if loop != "harness":
        arguments = trainer_arguments(prepared.recipe, plan, folder, "float32") | {"save_strategy": "no"}
        kind: Callable[..., Any] = SFTTrainer if loop == "trl" else Trainer
        settings = (
            SFTConfig(**arguments, dataset_kwargs={"skip_prepare_dataset": True})
            if loop == "trl"
            else TrainingArguments(**arguments)
        )
        model = trainable_model(prepared.base, prepared.recipe, "float32", plan.steps)
        made = kind(
            model=model,
            args=settings,
            data_collator=lambda rows: collate(rows, prepared.pad),
            train_dataset=made.train_dataset,
        )
    made.remove_callback(PrinterCallback)
    made.args.save_strategy = "no"
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    quiet_libraries()
    seconds: dict[str, list[float]] = {}
    tokens: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for turn in range(options.rounds + 1):
            for loop, packing in [*((loop, False) for loop in LOOPS), ("harness", True)]:
                prepared, plan = prepared_plan(folder, options.steps, packing)
                made = trainer(loop, prepared, plan, folder)
                began = time.process_time()
                made.train()
                label = f"{loop}, packed" if packing else loop
                if turn:  # the first turn warms up
                    seconds.setdefault(label, []).append(time.process_time() - began)
                    tokens[label] = plan.tokens_at[-1]
    for label, taken in seconds.items():
        speed = tokens[label] / statistics.median(taken)
        print(f"{label:<16} {speed:7,.0f} tokens a second of processor time")


if __name__ == "__main__":
    main()
