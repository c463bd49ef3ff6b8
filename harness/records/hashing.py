"""Content hashes: the identity of prompts, samples, adapters and settings."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: Hexadecimal digits kept: 80 bits, so that a billion items collide with probability below 1e-6.
DIGITS = 20


def content_hash(value: Any) -> str:
    """Hash of a JSON-like value; equal values hash alike whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def files_hash(files: Iterable[Path]) -> str:
    """Hash of the names and contents of files, independent of their order and folder."""
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.name):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()[:DIGITS]
