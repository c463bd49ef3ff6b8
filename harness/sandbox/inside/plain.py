"""Plain data as bytes, and nothing else: no class, no code, no object of one process can cross to another.

A value is a tag and its content; sizes are 4 bytes, big-endian. `candidate.js` speaks the same.
"""

from __future__ import annotations

import os
import struct

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Bytes of one message at most.
LARGEST = 32 << 20
_SIZE = struct.Struct(">I")
_DOUBLE = struct.Struct(">d")
_SEQUENCES = {list: b"L", tuple: b"U", set: b"E", frozenset: b"Z"}
_MAKERS: dict[bytes, Callable[[list[Any]], Any]] = {
    b"L": list,
    b"U": tuple,
    b"E": set,
    b"Z": frozenset,
    b"M": lambda parts: dict(zip(parts[::2], parts[1::2], strict=True)),
}
_CONSTANTS = {b"N": None, b"T": True, b"F": False}


class NotPlain(TypeError):
    """A value that cannot cross, or bytes that are no value."""


def encode(value: Any, keep: Callable[[Any], int]) -> bytes:
    """A value as bytes.

    Args:
        value: Numbers, texts, bytes, None, and lists, tuples, sets and dicts of them; values of subclasses cross as
            values of the plain class.
        keep: Given anything else, returns a number that stands for it, or raises `NotPlain`.
    """
    parts: list[bytes] = []
    _write(value, keep, parts.append)
    return b"".join(parts)


def _write(value: Any, keep: Callable[[Any], int], put: Callable[[bytes], None]) -> None:
    if value is None or value is True or value is False:
        put(b"N" if value is None else b"T" if value else b"F")
    elif isinstance(value, int):
        put(_sized(b"I", b"%x" % int(value)))
    elif isinstance(value, float):
        put(b"D" + _DOUBLE.pack(value))
    elif isinstance(value, str):
        put(_sized(b"S", value.encode("utf-8", "surrogatepass")))
    elif isinstance(value, (bytes, bytearray)):
        put(_sized(b"B", bytes(value)))
    elif isinstance(value, complex):
        put(b"C" + _DOUBLE.pack(value.real) + _DOUBLE.pack(value.imag))
    elif isinstance(value, dict):
        put(b"M" + _SIZE.pack(2 * len(value)))
        for pair in value.items():
            for part in pair:
                _write(part, keep, put)
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
        put(next(tag for kind, tag in _SEQUENCES.items() if isinstance(value, kind)) + _SIZE.pack(len(items)))
        for item in items:
            _write(item, keep, put)
    elif type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        _write(value.item(), keep, put)  # numpy's scalars are numbers that are no int
    else:
        put(b"R" + _SIZE.pack(keep(value)))


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + _SIZE.pack(len(content)) + content


def decode(data: bytes, held: Callable[[int], Any]) -> Any:
    """The value of ``encode``; ``held`` gives what a number of the other side stands for.

    Raises:
        NotPlain: the bytes are not exactly one value.
    """
    try:
        value, end = _read(data, 0, held)
    except (struct.error, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise NotPlain(f"no plain data: {error}") from None
    if end != len(data):
        raise NotPlain("no plain data: more than one value")
    return value


def _read(data: bytes, at: int, held: Callable[[int], Any]) -> tuple[Any, int]:
    tag, at = data[at : at + 1], at + 1
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag == b"D":
        return _DOUBLE.unpack_from(data, at)[0], at + 8
    if tag == b"C":
        return complex(*struct.unpack_from(">dd", data, at)), at + 16
    size, at = _SIZE.unpack_from(data, at)[0], at + 4
    if tag == b"R":
        return held(size), at
    if tag in _MAKERS:
        items = []
        for _ in range(size):
            item, at = _read(data, at, held)
            items.append(item)
        return _MAKERS[tag](items), at
    content = data[at : at + size]
    if len(content) != size:
        raise NotPlain("no plain data: torn")
    if tag == b"I":
        return int(content, 16), at + size
    if tag == b"S":
        return content.decode("utf-8", "surrogatepass"), at + size
    if tag == b"B":
        return content, at + size
    raise NotPlain(f"no plain data: tag {tag!r}")


def send(file: int, data: bytes) -> None:
    """Write one message to a file descriptor, whole.

    Raises:
        NotPlain: it is larger than a message may be.
        OSError: nobody reads any more.
    """
    if len(data) > LARGEST:
        raise NotPlain(f"more than {LARGEST >> 20} MiB of data")
    rest = memoryview(_SIZE.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(file, rest) :]


def receive(file: int) -> bytes:
    """Read one message.

    Raises:
        EOFError: the other side has gone.
        NotPlain: it is larger than a message may be.
    """
    (size,) = _SIZE.unpack(_exactly(file, 4))
    if size > LARGEST:
        raise NotPlain(f"more than {LARGEST >> 20} MiB of data")
    return _exactly(file, size)


def _exactly(file: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(file, min(size - len(data), 1 << 20))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)
