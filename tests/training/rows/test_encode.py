"""What is learned, proved on token ids: the answers and the token that ends them, after what generation sees."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines.encoding import Encoder
from harness.records import InputError, Message
from harness.training.rows.doctor import diagnose
from harness.training.rows.encode import IGNORED, Row, RowEncoder
from harness.training.rows.examples import Example

TURNS = (
    Message("system", "Be brief."),
    Message("user", "What is 3 plus one?"),
    Message("assistant", "It is 4."),
    Message("user", "And 5 plus one?"),
    Message("assistant", "It is 6."),
)
TALK = Example(TURNS, "talk.jsonl:1")


@pytest.fixture
def coder(chat_model: Path) -> RowEncoder:
    return RowEncoder(Encoder.load(chat_model), chat=True)


def learned_text(coder: RowEncoder, row: Row) -> str:
    return coder.encoder.tokenizer.decode([label for label in row.labels if label != IGNORED])


def test_only_answers_and_their_end_are_learned_in_every_turn(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    assert learned_text(coder, row) == "It is 4.<|im_end|>It is 6.<|im_end|>"
    assert coder.encoder.tokenizer.decode(row.ids) == (
        "<s><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 3 plus one?<|im_end|>\n"
        "<|im_start|>assistant\nIt is 4.<|im_end|>\n<|im_start|>user\nAnd 5 plus one?<|im_end|>\n"
        "<|im_start|>assistant\nIt is 6.<|im_end|>"
    )
    assert all(label in (IGNORED, token) for token, label in zip(row.ids, row.labels, strict=True))


def test_an_answer_stands_after_the_very_ids_that_generation_is_prompted_with(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    for turns in (TURNS[:2], TURNS[:4]):
        prompt = coder.encoder.prompt(turns)
        assert list(row.ids[: len(prompt)]) == prompt
        assert row.labels[len(prompt) - 1] == IGNORED
        assert row.labels[len(prompt)] == row.ids[len(prompt)]


def test_a_row_is_the_models_own_rendering_of_the_conversation(coder: RowEncoder) -> None:
    whole = coder.encoder.tokenizer.apply_chat_template(
        [{"role": turn.role, "content": turn.content} for turn in TURNS], tokenize=True, return_dict=False
    )
    (row,) = coder.rows(TALK)
    assert list(row.ids) == whole[: len(row.ids)]
    assert coder.encoder.tokenizer.decode(whole[len(row.ids) :]) == "\n"


def test_a_template_that_rewrites_history_gives_one_row_an_answer(coder: RowEncoder) -> None:
    last_two = "{% set messages = messages[-2:] if messages[-1].role == 'assistant' else messages[-1:] %}"
    coder.encoder.tokenizer.chat_template = last_two + coder.encoder.tokenizer.chat_template
    rows = RowEncoder(Encoder(coder.encoder.tokenizer), chat=True).rows(TALK)
    assert [learned_text(coder, row) for row in rows] == ["It is 4.<|im_end|>", "It is 6.<|im_end|>"]
    assert "5 plus one" in coder.encoder.tokenizer.decode(rows[1].ids)


def test_there_is_exactly_one_beginning_of_sequence(coder: RowEncoder) -> None:
    plain = RowEncoder(coder.encoder, chat=False)
    for row in [*coder.rows(TALK), *plain.rows(Example(TURNS[1:3], "x:1"))]:
        assert row.ids[0] == coder.encoder.tokenizer.bos_token_id
        assert row.ids.count(coder.encoder.tokenizer.bos_token_id) == 1


def test_plain_text_puts_one_space_before_the_answer_and_learns_it_with_the_end(coder: RowEncoder) -> None:
    (row,) = RowEncoder(coder.encoder, chat=False).rows(Example(TURNS[1:3], "x:1"))
    assert coder.encoder.tokenizer.decode(row.ids) == "<s>What is 3 plus one? It is 4.<|im_end|>"
    assert learned_text(coder, row) == " It is 4.<|im_end|>"


def test_a_model_without_a_template_learns_after_the_prompt(shared: Path) -> None:
    encoder = Encoder.load(shared / "models/tinystories-260k")
    (row,) = RowEncoder(encoder, chat=False).rows(
        Example((Message("user", "Once"), Message("assistant", "upon")), "x:1")
    )
    prompt = encoder.prompt("Once")
    assert list(row.ids) == [*encoder.tokenizer("Once upon")["input_ids"], encoder.tokenizer.eos_token_id]
    assert row.labels == (*[IGNORED] * len(prompt), *row.ids[len(prompt) :])


def test_a_token_across_the_border_is_found_and_named(coder: RowEncoder) -> None:
    template = coder.encoder.tokenizer.chat_template
    coder.encoder.tokenizer.chat_template = template.replace("assistant\n{% endif", "assistant\nI{% endif")
    merging = RowEncoder(Encoder(coder.encoder.tokenizer), chat=True)
    example = Example((Message("user", "What is 3 plus one?"), Message("assistant", "t is 4.")), "talk.jsonl:5")
    (row,) = merging.rows(example)
    assert row.merged
    found = diagnose([row], [example], merging, 128)
    assert found.merged_borders == 1
    assert "a token spans the border" in found.warnings[0] and "talk.jsonl:5" in found.warnings[0]


def test_the_doctor_reports_the_share_that_is_learned(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    found = diagnose([row], [TALK], coder, 128)
    assert found.learned_share == sum(label != IGNORED for label in row.labels) / len(row.ids)
    assert found.warnings == ()


def test_the_doctor_refuses_what_would_train_without_complaint(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    size = len(row.ids)
    spoiled = {
        "start with two beginning-of-sequence tokens": replace(
            row, ids=(row.ids[0], *row.ids), labels=(IGNORED, *row.labels)
        ),
        "learn nothing": replace(row, labels=(IGNORED,) * size),
        "learn everything": replace(row, labels=row.ids),
        "do not learn to stop": replace(row, labels=(*row.labels[:-1], IGNORED)),
        "labels that are not their own tokens": replace(row, labels=(*row.labels[1:-1], IGNORED, row.labels[-1])),
    }
    for says, bad in spoiled.items():
        with pytest.raises(InputError, match=says) as caught:
            diagnose([row, bad], [TALK], coder, 128)
        assert "talk.jsonl:1" in str(caught.value)


def test_rows_too_long_are_left_out_and_named(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    long = replace(row, ids=row.ids * 3, labels=row.labels * 3, where="talk.jsonl:9")
    found = diagnose([row, long], [TALK], coder, 128)
    assert found.rows == 1 and found.too_long == ("talk.jsonl:9",)
    assert "1 of 2 rows are longer than 128 tokens" in found.warnings[0]
    with pytest.raises(InputError, match="all 1 rows are longer"):
        diagnose([long], [TALK], coder, 128)


def test_special_tokens_in_the_text_are_a_warning(coder: RowEncoder) -> None:
    forged = Example((Message("user", "ignore<|im_end|>"), Message("assistant", "No.")), "talk.jsonl:2")
    (warning,) = diagnose(coder.rows(TALK), [TALK, forged], coder, 128).warnings
    assert "special tokens" in warning and "talk.jsonl:2" in warning


def taught_by_trl(coder: RowEncoder, folder: Path, data: dict[str, list[object]], **settings: object) -> Row:
    """The row that TRL's own preparation makes of one conversation."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        args=SFTConfig(output_dir=str(folder / "trl"), use_cpu=True, bf16=False, report_to=[], **settings),  # type: ignore[arg-type]
        train_dataset=Dataset.from_dict(data),
        processing_class=coder.encoder.tokenizer,
    )
    row = trainer.train_dataset[0]
    return Row(tuple(row["input_ids"]), tuple(row["labels"]), "trl")


def test_trl_masks_every_turn_as_we_do(coder: RowEncoder, chat_model: Path) -> None:
    (ours,) = coder.rows(TALK)
    plain = "{{ m.content | trim }}<|im_end|>"
    marked = "{% if m.role == 'assistant' %}{% generation %}" + plain + "{% endgeneration %}{% else %}" + plain
    marked += "{% endif %}{{ '\n' }}"
    template = coder.encoder.tokenizer.chat_template
    coder.encoder.tokenizer.chat_template = template.replace(plain + "\n", marked)
    talk = [{"role": turn.role, "content": turn.content} for turn in TURNS]
    theirs = taught_by_trl(coder, chat_model, {"messages": [talk]}, assistant_only_loss=True)
    size = ours.size
    assert (theirs.ids[:size], theirs.labels[:size]) == (ours.ids, ours.labels)
    # The template goes on with a line break, which nobody has to learn.
    assert coder.encoder.tokenizer.decode(theirs.ids[size:]) == "\n" and set(theirs.labels[size:]) == {IGNORED}


def test_trl_masks_a_prompt_as_we_do(coder: RowEncoder, chat_model: Path) -> None:
    (ours,) = coder.rows(Example(TURNS[:3], "talk.jsonl:1"))
    talk = [{"role": turn.role, "content": turn.content} for turn in TURNS[:3]]
    theirs = taught_by_trl(coder, chat_model, {"prompt": [talk[:2]], "completion": [talk[2:]]})
    size = ours.size
    assert (theirs.ids[:size], theirs.labels[:size]) == (ours.ids, ours.labels)
    assert coder.encoder.tokenizer.decode(theirs.ids[size:]) == "\n"


def test_joint_and_separate_tokenization_agree_where_no_token_spans_the_border(coder: RowEncoder) -> None:
    (row,) = coder.rows(TALK)
    tokenizer = coder.encoder.tokenizer
    separate: list[int] = []
    for place in (2, 4):
        prompt = tokenizer(coder.encoder.render(TURNS[:place]), add_special_tokens=False)["input_ids"]
        separate = [*prompt, *tokenizer(TURNS[place].content, add_special_tokens=False)["input_ids"], coder.end]
        assert list(row.ids[: len(separate)]) == separate
    assert len(separate) == row.size and not row.merged
