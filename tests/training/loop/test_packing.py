"""Packed rows teach exactly what they teach alone; a base on which they would not is refused before the first step."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.encoding import Encoder
from harness.records import InputError, Message
from harness.training import prepare, read_recipe, train
from harness.training.loop.packing import PackedRow, pack, positions
from harness.training.loop.separation import check_separation
from harness.training.loop.sft import collate
from harness.training.rows.encode import IGNORED, Row, RowEncoder
from harness.training.rows.examples import Example

Write = Callable[..., Path]


def blank(size: int) -> Row:
    return Row(tuple(range(size)), (IGNORED,) * size, "x:1")


@given(st.lists(st.integers(2, 40), min_size=1, max_size=60))
def test_every_row_stands_in_one_sequence_and_no_sequence_is_too_long(sizes: list[int]) -> None:
    packed = pack([blank(size) for size in sizes], 40)
    assert sorted(size for one in packed for size in one.sizes) == sorted(sizes)
    assert all(one.size == sum(one.sizes) <= 40 for one in packed)


def test_sequences_are_filled_as_trl_fills_them() -> None:
    from datasets import Dataset
    from trl import pack_dataset

    generator = torch.Generator().manual_seed(0)
    sizes = torch.randint(2, 60, (300,), generator=generator).tolist()
    theirs = pack_dataset(Dataset.from_dict({"input_ids": [list(range(size)) for size in sizes]}), 64, strategy="bfd")
    assert sorted(one.size for one in pack([blank(size) for size in sizes], 64)) == sorted(
        map(len, theirs["input_ids"])
    )


@pytest.fixture
def rows(chat_model: Path) -> list[Row]:
    coder = RowEncoder(Encoder.load(chat_model), chat=True)
    answers = ("It is 4.", "It is 5, I think.", "6")
    talks = [(Message("user", f"What is {i} plus one?"), Message("assistant", text)) for i, text in enumerate(answers)]
    return [row for talk in talks for row in coder.rows(Example(talk, "talk:1"))]


def columns(rows: Sequence[Row | PackedRow]) -> list[dict[str, Any]]:
    packed = [{"sizes": list(row.sizes)} if isinstance(row, PackedRow) else {} for row in rows]
    return [
        {"input_ids": list(row.ids), "labels": list(row.labels)} | more for row, more in zip(rows, packed, strict=True)
    ]


def loss_and_gradients(folder: Path, batch: dict[str, torch.Tensor]) -> tuple[float, dict[str, torch.Tensor]]:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    learned = int((batch["labels"] != IGNORED).sum())
    loss = model(**batch, use_cache=False, num_items_in_batch=learned).loss
    loss.backward()
    return float(loss.detach()), {name: weight.grad for name, weight in model.named_parameters()}


def test_loss_and_gradients_of_packed_rows_are_those_of_the_rows_alone(chat_model: Path, rows: list[Row]) -> None:
    # Two sequences of different length, so that one is padded.
    packed = pack(rows, rows[0].size + rows[2].size)
    assert sorted(len(one.sizes) for one in packed) == [1, 2]
    alone_loss, alone = loss_and_gradients(chat_model, collate(columns(rows), pad=1))
    packed_loss, together = loss_and_gradients(chat_model, collate(columns(packed), pad=1))
    assert packed_loss == pytest.approx(alone_loss, rel=1e-5)
    for name, gradient in alone.items():
        torch.testing.assert_close(together[name], gradient, rtol=1e-4, atol=1e-6)


def test_without_positions_of_their_own_packed_rows_would_teach_something_else(
    chat_model: Path, rows: list[Row]
) -> None:
    alone_loss, _ = loss_and_gradients(chat_model, collate(columns(rows), pad=1))
    (packed,) = pack(rows, sum(row.size for row in rows))
    naive = {"input_ids": torch.tensor([packed.ids]), "labels": torch.tensor([packed.labels])}
    naive_loss, _ = loss_and_gradients(chat_model, naive)
    assert abs(naive_loss - alone_loss) > 1e-4 * alone_loss


def test_the_first_token_of_a_row_is_not_learned_from_the_row_before() -> None:
    (packed,) = pack([Row((5, 6), (5, 6), "a"), Row((7, 8, 9), (7, 8, 9), "b")], 5)
    assert packed.ids == (7, 8, 9, 5, 6)
    assert packed.labels == (IGNORED, 8, 9, IGNORED, 6)
    assert positions(packed.sizes) == [0, 1, 2, 0, 1]


def test_a_base_that_carries_a_state_from_row_to_row_is_refused(chat_model: Path, rows: list[Row]) -> None:
    from transformers import AutoModelForCausalLM, MambaConfig, MambaForCausalLM

    packed = pack(rows, sum(row.size for row in rows))
    model = AutoModelForCausalLM.from_pretrained(chat_model).train()
    check_separation(model, packed, "test")
    assert model.training
    torch.manual_seed(0)
    size = model.config.vocab_size
    recurrent = MambaForCausalLM(MambaConfig(vocab_size=size, hidden_size=16, num_hidden_layers=1, state_size=4))
    with pytest.raises(InputError, match="see the row before"):
        check_separation(recurrent, packed, "test")


def test_a_packed_training_takes_fewer_steps_and_repeats_to_the_byte(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    schedule = {"epochs": 2, "batch_size": 2, "learning_rate": 0.01, "packing": True}
    recipe = write(chat_model, schedule=schedule)
    first, again = train(recipe, tmp_path / "a"), train(recipe, tmp_path / "b")
    weights = [(one.folder / "adapter_model.safetensors").read_bytes() for one in (first, again)]
    assert weights[0] == weights[1]
    prepared = prepare(read_recipe(recipe), tmp_path)
    sequences = pack(prepared.rows, 128)
    lines = (first.folder / "metrics.jsonl").read_text().splitlines()
    assert len(lines) == len(sequences) < len(prepared.rows)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": {"kind": "p_tuning"}}, "virtual tokens stand before a sequence"),
        ({"objective": {"kind": "dpo"}}, "compares whole answers"),
    ],
)
def test_packing_that_could_not_be_right_is_refused(
    write: Write, chat_model: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_recipe(write(chat_model, schedule={"packing": True}, **changes))
    assert "\n" not in str(caught.value)
