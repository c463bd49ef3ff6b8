"""The figures of held-out rows: each process measures batches of its own, and each row counts once."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from accelerate.utils import gather_object
from transformers import Trainer
from transformers.trainer_utils import EvalLoopOutput


def measure_held_out(trainer: Trainer, beside: Callable[[], dict[str, float]] = dict) -> EvalLoopOutput:
    """Stands in for transformers' loop, which fills a last, uneven batch up with rows that were counted already.

    The batches, and so the figures to their last bit, do not depend on the number of processes.

    Args:
        beside: What was measured of the newest batch beside its loss, by name.

    Returns:
        Means over the rows, each batch weighing as many as it has.
    """
    model: Any = trainer.model
    model.eval()
    rows: Any = trainer.eval_dataset
    size = trainer.args.per_device_eval_batch_size
    batches = [range(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]
    own: list[tuple[int, dict[str, float]]] = []
    for place in range(trainer.args.process_index, len(batches), trainer.args.world_size):
        batch = trainer.data_collator([rows[row] for row in batches[place]])
        loss: Any = trainer.prediction_step(model, batch, True)[0]
        own.append((place, {"loss": loss.item()} | beside()))
    found = dict(sorted(gather_object(own)))
    means = {
        f"eval_{name}": math.fsum(figures[name] * len(batches[place]) for place, figures in found.items()) / len(rows)
        for name in found[0]
    }
    return EvalLoopOutput(predictions=np.empty(0), label_ids=None, metrics=means, num_samples=len(rows))
