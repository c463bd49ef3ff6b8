"""Words hidden by figures, stars, spaces or a slip of two letters, back in plain spelling."""

import re

_LEET = str.maketrans("01345@$!", "oieasasi")
_MIXED = re.compile(r"(?<![\w@$])(?=[\w@$!]*[a-z])(?=[\w@$!]*[01345@$!][\w])[\w@$!]{3,24}")
_SPACED = re.compile(r"(?<!\w)(?:\w ){2,20}\w(?!\w)")
_STARRED = (
    (re.compile(r"(?<!\w)f[*#@\-_u]{1,3}c?k?(?=\b|ing|er|ed|\W)|(?<!\w)fuk+n?(?=\b|ing|er)"), "fuck"),
    (re.compile(r"(?<!\w)sh[*#@\-_!]{1,2}t"), "shit"),
    (re.compile(r"(?<!\w)b[*#@\-_!]{1,2}tch"), "bitch"),
    (re.compile(r"(?<!\w)n[*#@\-_!]{1,2}gg?(?=er|a)"), "nigg"),
    (re.compile(r"(?<!\w)c[*#@\-_]{1,2}nt"), "cunt"),
    (re.compile(r"(?<!\w)a[*#@\-_$]{1,2}(?:hole)"), "asshole"),
)
#: Words worth hiding, whose slips are put right.
_HIDDEN = (
    "women", "woman", "muslims", "muslim", "immigrants", "immigrant", "disabled", "black", "trans", "people", "kill",
    "hate",
    "hatred", "fuck", "scum", "stupid", "disgusting", "disgust", "execute", "executed", "plague", "trash", "suffer",
    "death",
    "contempt", "despicable", "repugnant", "bullshit", "worth", "loathe", "despise", "detest", "vermin", "filth",
    "parasites",
    "subhuman", "worthless", "bitch", "bitches", "faggot", "faggots", "nigger", "niggers", "retard", "asshole",
    "assholes",
    "murder", "garbage", "cancer", "brainless", "eradicated", "slaughter", "dishonest", "ignorant", "pathetic",
)  # fmt: skip
#: Slips that are words themselves.
_WORDS = {
    "back", "lack", "suck", "fck", "heat", "hat", "kil", "cum", "rash", "tarsh", "worh", "wort", "tans", "blak",
    "death",
    "tras", "trah", "wrath", "throw", "wroth", "deah", "hte", "haste", "peole", "transit", "tarns", "trash", "blck",
}  # fmt: skip


def _slips(word: str) -> set[str]:
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)}
    dropped = {word[:i] + word[i + 1 :] for i in range(1, len(word) - 1)} if len(word) > 4 else set()
    return {slip for slip in swapped | dropped if slip != word and len(slip) > 3}


_SLIPS = {slip: word for word in _HIDDEN for slip in _slips(word) if slip not in _HIDDEN and slip not in _WORDS}
_WORD = re.compile(r"[a-z]{4,24}")
_JOINED = re.compile(
    r"(?<![a-z])(all|to|these|those|the|are|is|just|such|massive|absolute|many|typical|you|a|so|every|any|i|of)?"
    rf"({'|'.join(sorted((word for word in _HIDDEN if len(word) > 3), key=len, reverse=True))})"
    r"(all|to|these|those|the|like|are|is|behaviour|you|of|so|every|any|me|disgust|should)?(?![a-z])"
)


def unmasked(text: str) -> str:
    """A sentence in lower case with hidden words spelled out."""
    text = _SPACED.sub(lambda match: match.group().replace(" ", ""), text)
    text = _MIXED.sub(lambda match: match.group().translate(_LEET), text)
    for form, word in _STARRED:
        text = form.sub(word, text)
    text = _WORD.sub(lambda match: _SLIPS.get(match.group(), match.group()), text)
    return _JOINED.sub(lambda match: " ".join(filter(None, match.groups())), text)
