"""How much one request, and all of them together, may take of a service."""

import re
from dataclasses import dataclass

from harness.records import InputError

_SIZE = re.compile(r"(\d{1,12}) ?(B|kB|KB|MB|GB)?")
_UNITS = {None: 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Limits:
    """Limits of a service.

    Attributes:
        body: Most bytes of a request's body.
        tokens: Most tokens that one request may ask for.
        concurrency: Most requests of one batch.
        waiting: Most requests that wait for a batch; one more is told to come back.
        body_seconds: Time that a body may take to arrive.
    """

    body: int = 10**6
    tokens: int = 1024
    concurrency: int = 8
    waiting: int = 32
    body_seconds: float = 30.0


def read_size(text: str) -> int:
    """Bytes that ``1MB``, ``500kB`` or a bare number stand for (powers of ten).

    Raises:
        InputError: it is no size, or nothing.
    """
    found = _SIZE.fullmatch(text.strip())
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if size <= 0:
        raise InputError(f"{text[:40]!r} is not a size", mend="write 500kB or 1MB")
    return size
