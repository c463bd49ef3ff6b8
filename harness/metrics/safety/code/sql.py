"""What literal text is SQL, and what may stand in a gap of it: a value, which can be bound, or a name, which cannot."""

import re

#: How a statement begins. Prose does too ("Delete 3 files from ..."), hence the second words.
_STATEMENT = re.compile(
    r"\s*(?:\(\s*)?(?:(?:explain|with)\b[^\0]{0,400}?)?"
    r"(?:(?P<select>select)\s|(?P<update>update)\s|(?:insert\s+(?:\w{1,20}\s+){0,3}|replace\s+|merge\s+)into\b"
    r"|delete\s+(?:\w{1,20}\s+)?from\b|(?:drop|alter|truncate|create|grant)\s+(?:table|database|schema|user"
    r"|index|view|role)\b"
    r"|load\s+data\b|exec(?:ute)?\s+(?:sp_|xp_|dbo\.|immediate))",
    re.I,
)
_SELECTS = re.compile(r"\s(?:from|where|limit)\s", re.I)
_CLAUSE = re.compile(r"\s*(?:and|or|where|order by|group by|limit|values|set|having|union)\b", re.I)
#: After these signs and words stands a value, which could be bound as a parameter.
_SIGNS = ("=", "<", ">", ",", "%", "+", "-", "|", "*", "\0")
_BEFORE_VALUE = {
    "like", "ilike", "in", "values", "limit", "offset", "where", "and", "or", "not", "between", "set", "then", "else",
    "when", "having", "is", "regexp", "rlike", "glob", "match", "against", "exec", "execute", "interval", "top",
         "contains",
}  # fmt: skip
_VERBS = {"select", "from", "by", "into", "values", "set", "where", "in", "and", "or", "limit"}


def looks_like_sql(text: str) -> bool:
    """Whether literal text (a NUL for each gap) is a statement of SQL."""
    found = _STATEMENT.match(text)
    if found is None:
        return False
    rest = text[found.end() :] + " "
    if found["select"]:
        return _SELECTS.search(" " + rest) is not None
    if found["update"]:
        before, word, after = rest.lower().partition("set")
        return bool(word) and "=" in after and before[-1:].isspace()
    return True


def is_clause(text: str) -> bool:
    """Whether text is a part of a statement that something is added to."""
    return _CLAUSE.match(text) is not None


def stands_for_name(before: str) -> bool:
    """Whether a gap after this text is not that of a value, judged by the last word or sign before it."""
    if before[-1:] in ("'", '"') and before.rstrip("'\" \n\t")[-1:] == "(":
        return False
    text = before.rstrip("'\" \n\t(")
    if text[-1:] in _SIGNS:
        return text[-1:] == "," and before[-1:] not in ("'", '"') and _lists_names(text.lower()[-200:])
    words = re.findall(r"[a-z_]+", text.lower()[-40:])
    return before[-1:] in ("`", "[", "_", ".") or not words or words[-1] not in _BEFORE_VALUE


def _lists_names(text: str) -> bool:
    """After a comma: whether the list began as one of columns or tables."""
    start = next((one for one in reversed(re.findall(r"[a-z_]+", text)) if one in _VERBS), "")
    return start in ("select", "from", "by", "into")
