"""How a registered adapter is called: ``NAME``, ``NAME:3`` (a version) or ``NAME:prod`` (a tag)."""

import re
from dataclasses import dataclass

from harness.models.resolve import REGISTERED as PREFIX
from harness.records import InputError, is_name, mended_name

_SELECTOR = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True)
class Reference:
    """A name, and which of its versions: a number, a tag, or None for the newest."""

    name: str
    version: int | None = None
    tag: str | None = None


def parse_reference(text: str) -> Reference:
    """The reference that a user wrote, with or without ``registry:`` before it.

    Raises:
        InputError: it has another form.
    """
    name, colon, selector = text.removeprefix(PREFIX).partition(":")
    if not is_name(name) or (colon and not _SELECTOR.fullmatch(selector)):
        raise InputError(f"{text[:120]!r} names no registered adapter", mend="write NAME, NAME:VERSION or NAME:TAG")
    if not colon:
        return Reference(name)
    if selector.isascii() and selector.isdigit():
        return Reference(name, version=int(selector[:18]))
    return Reference(name, tag=selector)


def checked_name(name: str) -> str:
    """``name``, if an adapter may be registered under it.

    Raises:
        InputError: it may not.
    """
    if not is_name(name):
        raise InputError(f"{name[:120]!r} cannot be the name of an adapter", mend=mended_name(name))
    return name


def checked_tag(tag: str) -> str:
    """``tag``, if a version may be tagged with it; a number alone may not, since it would name a version.

    Raises:
        InputError: it may not.
    """
    if not is_name(tag):
        raise InputError(f"{tag[:120]!r} cannot be a tag", mend=mended_name(tag))
    if tag.isdigit():
        raise InputError(f"{tag!r} cannot be a tag", mend="a number alone names a version; put a letter before it")
    return tag
