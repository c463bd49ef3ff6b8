"""What is to be watched is found and checked before a model is loaded; what cannot be measured is refused in a line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.training import prepare, read_recipe
from harness.training.forgetting.watched import Watched

Write = Callable[..., Path]
LABELLED = [{"prompt": f"Where does {i} go?", "response": "billing-7"} for i in range(12)]


def watched(recipe: Path) -> Watched:
    found = prepare(read_recipe(recipe), recipe.parent).watched
    assert found is not None
    return found


def refusal(recipe: Path) -> str:
    with pytest.raises(InputError) as refused:
        prepare(read_recipe(recipe), recipe.parent)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_recipe_without_the_section_watches_nothing(write: Write, chat_model: Path) -> None:
    recipe = write(chat_model)
    assert prepare(read_recipe(recipe), recipe.parent).watched is None


def test_left_out_probes_are_all_shipped_tasks_that_can_be_right_or_wrong(write: Write) -> None:
    found = watched(write("reference", LABELLED, forgetting={"samples": 4}))
    names = {probe.task.name: probe.metric.name for probe in found.probes}
    assert names["sentiment"] == "accuracy" and names["world_facts"] == "exact_match"
    assert not {"translation", "summary", "world_text", "wikitext2"} & set(names)
    assert {len(probe.samples) for probe in found.probes} == {4} and len(found.texts) == 4


def test_samples_and_texts_do_not_depend_on_the_order_of_their_files(
    write: Write, chat_model: Path, probes: dict[str, Any], tmp_path: Path
) -> None:
    recipe = write(chat_model, forgetting=probes | {"samples": 5})
    first = watched(recipe)
    for path in (tmp_path / "text.txt", *tmp_path.glob("packs/*/rows.jsonl")):
        path.write_text("\n".join(reversed(path.read_text().split("\n"))))
    again = watched(recipe)
    assert first.texts == again.texts and len(first.texts) == 5
    keys = [[[sample.key for sample in probe.samples] for probe in one.probes] for one in (first, again)]
    assert keys[0] == keys[1]


def test_usual_limits_hold_where_none_are_given_and_can_be_measured(
    write: Write, chat_model: Path, probes: dict[str, Any]
) -> None:
    free_text = watched(write(chat_model, forgetting=probes)).limits
    assert (free_text.accuracy_drop, free_text.kl, free_text.format_drift) == (0.05, 0.5, None)
    assert watched(write(chat_model, LABELLED, forgetting=probes)).limits.format_drift == 0.05
    given = watched(write(chat_model, LABELLED, forgetting=probes | {"limits": {"kl": 0.2}})).limits
    assert given.model_dump(exclude_none=True) == {"kl": 0.2}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"probes": ["sentimant"]}, "unknown task 'sentimant'; did you mean 'sentiment'?"),
        ({"probes": ["tag:forgeting"]}, "no task has the tag"),
        ({"probes": ["world_text"]}, "holds no task whose answers are right or wrong"),
        ({"probes": ["summary"]}, "holds no task whose answers are right or wrong"),
        ({"text": "absent.txt"}, "neither a file nor a task: unknown task 'absent.txt'"),
        ({"text": "sentiment"}, "'sentiment' is no text for perplexity"),
        ({"text": "table.jsonl"}, "has no column 'text'"),
        ({"limits": {"format_drift": 0.1}}, "forgetting.limits.format_drift: cannot be measured"),
        ({"probes": [], "limits": {"accuracy_drop": 0.1}}, "there are no probes"),
        ({"limits": {"accuracy": 0.1}}, "accuracy_drop"),
        ({"limits": {"perplexity_ratio": 0.5}}, "greater than or equal to 1"),
        ({"on_limit": "halt"}, "stop"),
    ],
)
def test_bad_input_is_one_line(
    write: Write, chat_model: Path, probes: dict[str, Any], tmp_path: Path, section: dict[str, Any], said: str
) -> None:
    (tmp_path / "table.jsonl").write_text(json.dumps({"words": "a"}) + "\n")
    assert said in refusal(write(chat_model, forgetting=probes | section))


def test_a_prompt_beyond_the_context_is_refused_before_training(write: Write, chat_model: Path) -> None:
    assert "fit into the context" in refusal(write(chat_model, forgetting={"probes": ["sentiment"]}))
