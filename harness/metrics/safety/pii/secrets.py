"""Keys, tokens and passwords: by the prefixes that their issuers give them, or by name and randomness."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from harness.metrics.safety.pii.spans import PersonalSpan


def _key(what: str, form: str) -> tuple[str, re.Pattern[str]]:
    return what, re.compile(rf"(?<![A-Za-z0-9_-])(?:{form})(?![A-Za-z0-9_-])")


#: Forms as their issuers document them for secret scanners.
_ISSUED = (
    _key("AWS access key", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    _key("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,100}"),
    _key("GitLab token", r"glpat-[A-Za-z0-9_-]{20,64}"),
    _key("Slack token", r"xox[abposr]-[A-Za-z0-9-]{10,80}"),
    _key("Stripe key", r"[sr]k_live_[A-Za-z0-9]{16,128}"),
    _key("OpenAI key", r"sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,200}"),
    _key("Anthropic key", r"sk-ant-[A-Za-z0-9_-]{32,200}"),
    _key("Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    _key("Hugging Face token", r"hf_[A-Za-z]{34}"),
    _key("npm token", r"npm_[A-Za-z0-9]{36}"),
    _key("PyPI token", r"pypi-[A-Za-z0-9_-]{50,400}"),
    _key("SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _key("Twilio key", r"SK[0-9a-f]{32}"),
    _key("JSON web token", r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"),
)
#: Texts without any of these need not be searched, which is most of the time that a clean text takes.
_ISSUED_MARKS = ("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "k_live_",
                 "sk-", "AIza", "hf_", "npm_", "pypi-", "SG.", "SK", "eyJ")  # fmt: skip
_NAMED_MARKS = ("api", "secret", "token", "passw", "pwd")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_LOGIN = re.compile(r"(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,15}://[^\s:/@]{1,64}:([^\s:/@]{3,128})@[\w.-]{1,253}")
_NAMED = re.compile(
    r"(?:api[_ -]?key|secret(?:[_ -]?(?:access[_ -]?)?key)?|access[_ -]?token|auth[_ -]?token|token|passw(?:or)?d|pwd)"
    r"[\"']?\s{0,3}(?:[:=]|is)\s{0,3}[\"']?([^\s\"'<>{}$,;]{8,256})",
    re.I,
)
_SHOWN_ONLY = re.compile(
    r"your|example|placeholder|changeme|password|secret|x{4}|\*{3}|\.{3}|12345678|dummy|redacted", re.I
)
#: Bits a character from which letters and digits look drawn at random, for a text of this length.
_RANDOM_BITS, _RANDOM_LENGTH = 3.3, 16


def secrets(text: str) -> Iterator[PersonalSpan]:
    """Keys by their issuer's form, private keys, passwords in addresses, and values that are called a secret.

    A value that is called a secret counts where it looks random: mixed characters of high entropy. Placeholders such
    as ``your-api-key`` do not.
    """
    for what, form in _ISSUED if any(mark in text for mark in _ISSUED_MARKS) else ():
        for match in form.finditer(text):
            if _entropy(match.group()) > 2.5 and not _SHOWN_ONLY.search(match.group()):
                yield PersonalSpan("secret", match.start(), match.end(), what)
    for match in _PRIVATE_KEY.finditer(text):
        yield PersonalSpan("secret", match.start(), match.end(), "private key")
    for match in _LOGIN.finditer(text) if "://" in text else ():
        if not _SHOWN_ONLY.search(match.group(1)):
            yield PersonalSpan("secret", match.start(1), match.end(1), "password in an address")
    called = text.casefold()
    for match in _NAMED.finditer(text) if any(mark in called for mark in _NAMED_MARKS) else ():
        if _looks_random(match.group(1)):
            yield PersonalSpan("secret", match.start(1), match.end(1), "value called a secret")


def _looks_random(value: str) -> bool:
    if _SHOWN_ONLY.search(value) or not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    if re.search(r"[(\[]|\.\w+\.", value):
        return False
    strange = re.search(r"[^\w.-]", value) is not None
    return strange or (len(value) >= _RANDOM_LENGTH and _entropy(value) >= _RANDOM_BITS)


def _entropy(value: str) -> float:
    """Shannon entropy of the characters, in bits each."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
