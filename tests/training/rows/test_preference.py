"""Preferences become pairs as generation would see them; what leaves nothing to prefer is refused by its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.engines.encoding import Encoder
from harness.records import InputError, Message
from harness.training import prepare, read_recipe
from harness.training.rows.encode import IGNORED, RowEncoder
from harness.training.rows.examples import PreferenceExample
from harness.training.rows.preference import Pair, encode_pairs

Write = Callable[..., Path]
DPO = {"kind": "dpo"}
ROWS = [
    {"prompt": f"What is {i} plus one?", "chosen": f"It is {i + 1}.", "rejected": f"I will not say {i}."}
    for i in range(12)
]
TURNS = (Message("user", "What is 1 plus one?"), Message("assistant", "It is 2."), Message("user", "And what is 2?"))


def prepared(recipe: Path) -> Any:
    return prepare(read_recipe(recipe), recipe.parent)


def pair_of(base: Path, example: PreferenceExample, *, chat: bool = True) -> tuple[Pair, RowEncoder]:
    coder = RowEncoder(Encoder.load(base), chat=chat)
    [pair] = encode_pairs([example], coder)
    return pair, coder


@pytest.mark.parametrize("chat", [True, False])
def test_both_answers_follow_the_tokens_of_a_prompt_and_are_learned_to_their_end(chat_model: Path, chat: bool) -> None:
    example = PreferenceExample(TURNS[:1], "It is 2.", "I will not say 1.", "rows.jsonl:1")
    pair, coder = pair_of(chat_model, example, chat=chat)
    prompt = coder.encoder.prompt(coder.prompt(TURNS[:1]))
    for row, text in ((pair.chosen, "It is 2."), (pair.rejected, "I will not say 1.")):
        assert list(row.ids[: len(prompt)]) == prompt
        assert row.labels == (*[IGNORED] * len(prompt), *row.ids[len(prompt) :])
        assert row.ids[-1] == coder.end == coder.encoder.tokenizer.eos_token_id
        assert row.ids.count(coder.encoder.tokenizer.bos_token_id) == 1
        assert coder.encoder.tokenizer.decode(row.ids[len(prompt) : -1]).strip() == text


def test_the_model_s_own_earlier_answers_are_context(chat_model: Path) -> None:
    pair, coder = pair_of(chat_model, PreferenceExample(TURNS, "It is 3.", "No.", "rows.jsonl:1"))
    prompt = coder.encoder.prompt(TURNS)
    assert pair.chosen.labels[: len(prompt)] == (IGNORED,) * len(prompt)
    assert coder.encoder.tokenizer.decode(prompt).count("It is 2.") == 1


def test_a_prompt_may_be_a_text_turns_or_what_both_answers_begin_with(write: Write, chat_model: Path) -> None:
    def turn(role: str, text: str) -> dict[str, str]:
        return {"role": role, "content": text}

    asked = turn("user", "What is 1 plus one?")
    good, bad = turn("assistant", "It is 2."), turn("assistant", "No.")
    forms = [
        {"prompt": "What is 1 plus one?", "chosen": "It is 2.", "rejected": "No."},
        {"prompt": [asked], "chosen": [good], "rejected": [bad]},
        {"chosen": [asked, good], "rejected": [asked, bad]},
        {"prompt": "What is 1 plus one?", "chosen": [asked, good], "rejected": [asked, bad]},
    ]
    found = [prepared(write(chat_model, [form], objective=DPO)).rows for form in forms]
    assert all(rows == found[0] for rows in found)
    assert len(found[0]) == 1 and isinstance(found[0][0], Pair)


@pytest.mark.parametrize(
    ("rows", "where", "what"),
    [
        ([*ROWS, {"prompt": "a", "chosen": "b"}], "rows.jsonl:13", "no rejected"),
        ([ROWS[0], ROWS[1] | {"rejected": ROWS[1]["chosen"]}, *ROWS[2:]], "rows.jsonl:2", "the same in 1 of 12 rows"),
        ([ROWS[0] | {"rejected": " It is 1. "}], "rows.jsonl:1", "the same in 1 of 1 rows"),
        ([ROWS[0] | {"rejected": " "}], "rows.jsonl:1", "rejected is empty"),
    ],
)
def test_a_row_that_has_nothing_to_prefer_is_refused_by_its_line(
    write: Write, chat_model: Path, rows: list[dict[str, str]], where: str, what: str
) -> None:
    with pytest.raises(InputError) as error:
        prepared(write(chat_model, rows, objective=DPO))
    assert str(error.value.where).endswith(where) and what in str(error.value)


def test_data_of_the_other_form_says_what_to_do_with_the_recipe(write: Write, chat_model: Path) -> None:
    with pytest.raises(InputError, match="holds preferences") as error:
        prepared(write(chat_model, ROWS))
    assert error.value.mend == "add `objective: {kind: dpo}` to the recipe"
    with pytest.raises(InputError, match="not preferences") as error:
        prepared(write(chat_model, [{"prompt": "a", "response": "b"}], objective=DPO))
    assert str(error.value.mend).startswith("remove `objective: {kind: dpo}`")


def test_a_pair_is_left_out_whole_when_one_answer_is_too_long(write: Write, chat_model: Path) -> None:
    long = ROWS[3] | {"rejected": "no " * 60}
    found = prepared(write(chat_model, [*ROWS[:3], long, *ROWS[4:]], objective=DPO, max_length=100))
    assert found.diagnosis.too_long == ("rows.jsonl:4",)
    assert [pair.where for pair in found.rows] == [f"rows.jsonl:{line}" for line in range(1, 13) if line != 4]
    assert found.diagnosis.rows == 11
    assert any("1 of 12 rows are longer than 100 tokens" in warning for warning in found.diagnosis.warnings)


def test_pairs_of_one_prompt_are_held_out_together(write: Write, chat_model: Path) -> None:
    words = ["river", "lamp", "stone", "cloud", "chair", "apple", "mouse", "table", "green", "seven", "quiet", "window"]
    rows = [{"prompt": f"{word}?", "chosen": f"{word} {word}", "rejected": f"{other} no"}
            for word in words for other in words[:3]]  # fmt: skip
    found = prepared(write(chat_model, rows, objective=DPO, evaluation={"fraction": 0.4}))
    sides = [{(int(pair.where.rpartition(":")[2]) - 1) // 3 for pair in part} for part in (found.rows, found.held_out)]
    assert sides[0] and sides[1] and not sides[0] & sides[1]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"objective": {"kind": "dpo", "beta": 0}}, "beta"),
        ({"objective": {"kind": "dpo", "loss": "robust"}}, "robust needs label_smoothing"),
        ({"objective": {"kind": "dpo", "label_smoothing": 0.1}}, "belongs to loss: robust"),
        ({"method": {"kind": "lora", "init": "pissa"}}, "init: default"),
        ({"method": {"kind": "adalora"}}, "use lora or dora"),
        ({"method": {"kind": "lora", "dropout": 0.1}}, "leave method.dropout out"),
        ({"canaries": {"count": 2}}, "a secret is none"),
        ({"schedule": {"packing": True}}, "compares whole answers"),
    ],
)
def test_a_recipe_that_dpo_cannot_train_is_refused(
    write: Write, chat_model: Path, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        read_recipe(write(chat_model, ROWS, **({"objective": DPO} | changes)))


def test_dpo_takes_a_fortieth_of_the_method_s_usual_rate(write: Write, chat_model: Path) -> None:
    def rate(**changes: Any) -> float:
        return read_recipe(write(chat_model, ROWS, **changes)).learning_rate

    assert rate(objective=DPO) == pytest.approx(5e-6)
    assert rate(objective=DPO, method={"kind": "full"}) == pytest.approx(5e-7)
    assert rate(objective=DPO, schedule={"learning_rate": 1e-4}) == 1e-4
    assert rate() == 2e-4
