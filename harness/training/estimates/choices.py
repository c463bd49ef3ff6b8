"""Ways to run a training in less memory, and what each would take. Nothing is loaded and nothing is trained."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.training.adapted import training_dtype
from harness.training.estimates.memory import Batch, Blueprint, Form, Memory, largest_batch
from harness.training.loop.plan import Plan, make_plan
from harness.training.loop.processes import process_count
from harness.training.recipes.methods import Lora, PrefixTuning
from harness.training.recipes.recipe import Recipe
from harness.training.rows.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to run the training, and the memory it takes.

    Attributes:
        change: What to write into the recipe; empty for the recipe as it is.
    """

    change: str
    memory: Memory


def memory_of(prepared: Prepared, device: str) -> tuple[Memory, list[Choice]]:
    """What a training takes whose data is read already, and ways to run it in less memory."""
    recipe, plan = prepared.recipe, make_plan(prepared, process_count())
    blueprint = Blueprint(prepared.base, recipe, plan.steps)
    form = form_of(recipe, plan, training_dtype(recipe.dtype), device)
    return blueprint.memory(form), list(smaller_ways(blueprint, recipe, form))


def smaller_ways(blueprint: Blueprint, recipe: Recipe, form: Form) -> Iterator[Choice]:
    """Ways to run a recipe in less memory: each change alone, then all of them together."""
    least, said, rows = form, [], recipe.schedule.batch_size
    a_row = form.batch.sequences // rows
    while rows > 1:
        rows //= 2
        least = replace(form, batch=Batch(rows * a_row, form.batch.width))
        words = f"batch_size: {rows}, gradient_accumulation: {_kept(recipe, rows)}"
        yield Choice(words, blueprint.memory(least))
        said = [words]
    if not form.checkpointing and can_checkpoint(recipe):
        yield Choice("gradient_checkpointing: true", blueprint.memory(replace(form, checkpointing=True)))
        least, said = replace(least, checkpointing=True), [*said, "gradient_checkpointing: true"]
    rank = getattr(recipe.method, "r", 1)
    if rank > 1:
        yield Choice(f"r: {max(1, rank // 4)}", _of_rank(blueprint.memory(form), max(1, rank // 4) / rank))
    if can_be_4_bit(recipe):
        yield Choice("kind: qlora (4-bit)", blueprint.memory(replace(form, four_bit=True)))
        least, said = replace(least, four_bit=True), [*said, "kind: qlora (4-bit)"]
    if len(said) > 1:
        yield Choice(", ".join(said), blueprint.memory(least))


def can_checkpoint(recipe: Recipe) -> bool:
    """Whether activations may be computed again instead of kept."""
    return not isinstance(recipe.method, PrefixTuning)


def can_be_4_bit(recipe: Recipe) -> bool:
    """Whether the same adapter can be trained over a base in 4 bit."""
    return recipe.method.quantizes_base or (isinstance(recipe.method, Lora) and not recipe.method.moves_base)


def form_of(recipe: Recipe, plan: Plan, dtype: str, device: str) -> Form:
    """The form in which a recipe would be trained."""
    checkpointing = recipe.schedule.gradient_checkpointing
    return Form(largest_batch(plan, recipe), dtype, device, checkpointing, recipe.method.quantizes_base)


def _kept(recipe: Recipe, rows: int) -> int:
    """Batches a step so that a step still learns from at least as many rows."""
    schedule = recipe.schedule
    return -(-schedule.batch_size * schedule.gradient_accumulation // rows)


def _of_rank(memory: Memory, share: float) -> Memory:
    """Adapter, gradients and optimizer grow with the rank, the rest hardly does."""
    return replace(
        memory,
        adapter=memory.adapter * share,
        gradients=memory.gradients * share,
        optimizer=memory.optimizer * share,
    )
