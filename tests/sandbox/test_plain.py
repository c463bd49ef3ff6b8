"""What crosses between processes: every plain value as it is, and nothing else whatever the bytes."""

import os
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sandbox.inside.plain import LARGEST, NotPlain, decode, encode, receive, send

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
)
KEYS = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner), max_leaves=4)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.dictionaries(KEYS, inner)
    ),
)


def refuse(value: Any) -> int:
    raise NotPlain


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_a_value_comes_back_with_its_types(value: Any) -> None:
    back = decode(encode(value, refuse), int)
    assert back == value
    assert _types(back) == _types(value)


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return dict, [_types(one) for one in value.values()]
    return (type(value), [_types(one) for one in value]) if isinstance(value, (list, tuple)) else type(value)


@given(st.binary())
def test_any_bytes_are_a_plain_value_or_refused(data: bytes) -> None:
    try:
        value = decode(data, lambda number: number)
    except NotPlain:
        return
    assert type(value) in {type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"L\xff\xff\xff\xff",
        b"L\0\0\0\1" * 100_000,
        b"S\0\0\0\5abc",
        b"I\0\0\0\1g",
        b"NN",
        b"M\0\0\0\1N",
        b"E\0\0\0\1L\0\0\0\0",
    ],
)
def test_torn_deep_and_impossible_data_is_refused(data: bytes) -> None:
    with pytest.raises(NotPlain):
        decode(data, int)


def test_an_object_crosses_as_a_number_and_a_subclass_as_its_plain_class() -> None:
    class Number(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert type(decode(encode(Number(3), refuse), int)) is int
    assert decode(encode([object()], lambda value: 7), lambda number: f"object {number}") == ["object 7"]
    with pytest.raises(NotPlain):
        encode(object(), refuse)


def test_messages_are_whole_and_bounded() -> None:
    reading, writing = os.pipe()
    send(writing, b"one")
    send(writing, b"")
    os.write(writing, struct.pack(">I", LARGEST + 1))
    assert (receive(reading), receive(reading)) == (b"one", b"")
    with pytest.raises(NotPlain):
        receive(reading)
    with pytest.raises(NotPlain):
        send(writing, bytes(LARGEST + 1))
    os.close(writing)
    with pytest.raises(EOFError):
        receive(reading)
    os.close(reading)
