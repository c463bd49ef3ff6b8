"""What things may be called that become files, folders and parts of a reference: said in words, with a mended name."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
_WORD = re.compile(r"\w[\w.-]*")

_RULE = "a name has letters, digits, '.', '_' and '-' only, a letter or digit first, at most 100"


def is_name(text: str) -> bool:
    """Whether a model, an adapter, a task or a suite may be called so."""
    return _NAME.fullmatch(text) is not None


def mended_name(text: str) -> str:
    """How to mend a name: the rule, and the nearest name that keeps it, if there is one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text[:1000]) if not unicodedata.combining(c))
    nearest = re.sub(r"^[^A-Za-z0-9]+", "", re.sub(r"[^\w.-]+", "-", plain))[:100].rstrip("-")
    return f"{_RULE}; did you mean {nearest!r}?" if is_name(nearest) and nearest != text else _RULE


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(mended_name(text))
    return text


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("has letters, digits, '.', '_' and '-' only, a letter or digit first")
    return text


def _hub_id(text: str) -> str:
    if not 1 <= len(parts := text.split("/")) <= 2 or not all(_WORD.fullmatch(part) for part in parts):
        raise ValueError("a hub id is org/name, with letters, digits, '.', '_' and '-'")
    return text


#: A name that can be a folder's and a column's.
Name = Annotated[str, AfterValidator(_name)]
#: One part of a reference to data: a subset, a split, a revision.
Word = Annotated[str, AfterValidator(_word)]
#: The id of a data set on the hub.
HubId = Annotated[str, AfterValidator(_hub_id)]
