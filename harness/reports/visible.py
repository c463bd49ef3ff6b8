"""Makes text that a model, a data set or an adapter wrote safe to show: nothing hidden, nothing that acts.

Escaping for a format (HTML, Markdown, XML) is that format's own business and comes after.
"""

import re

_CONTROLS = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 (but for tab and newline), delete, C1
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, bidi
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # lone surrogates and non-characters: cannot be encoded or are not XML
    "\U000e0000-\U000e007f"  # tag characters
    "]"
)
_STACKED = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
                      "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_\[\]#!|~$]|:(?=//))")


def visible(text: object, limit: int = 4_000) -> str:
    r"""Text in which control, bidi and invisible characters are shown as ``\x1b``, cut at ``limit`` characters.

    Newlines and tabs stay. A cut says how long the text was.
    """
    whole = "" if text is None else str(text)
    shown = whole[:limit].replace("\r\n", "\n")
    shown = _STACKED.sub(r"\1", _CONTROLS.sub(_mark, shown))
    if len(whole) > limit:
        shown += f" … [cut: {len(whole):,} characters in all]"
    return shown


def one_line(text: object, limit: int = 300) -> str:
    """As `visible`, with every run of white space made one space."""
    whole = "" if text is None else str(text)
    head = " ".join(whole[: 4 * limit].split())
    note = len(whole) > 4 * limit or len(head) > limit
    return visible(head[:limit]) + (" …" if note else "")


def markdown_text(text: object, limit: int = 300) -> str:
    """One line of text that Markdown shows as it is, in a table cell too."""
    escaped = _MARKDOWN.sub(r"\\\1", one_line(text, limit))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def csv_text(text: object) -> str:
    """One line of text that a spreadsheet does not read as a formula.

    Source: OWASP, "CSV Injection": a leading ``=``, ``+``, ``-``, ``@`` gets an apostrophe before it.
    """
    line = one_line(text)
    return "'" + line if line[:1] in ("=", "+", "-", "@") else line


def _mark(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
