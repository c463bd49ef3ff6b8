"""All personal data of a text, each character claimed once."""

import re
from collections.abc import Callable, Collection, Iterator

from harness.metrics.safety.pii.contact import emails, ip_addresses, phones
from harness.metrics.safety.pii.numbers import cards, ibans, identity_numbers, social_security
from harness.metrics.safety.pii.secrets import secrets
from harness.metrics.safety.pii.spans import PersonalSpan

Finder = Callable[[str], Iterator[PersonalSpan]]

#: Kinds in the order in which they claim characters: what proves itself by check digits before what only looks so.
_FINDERS: dict[str, Finder] = {
    "secret": secrets,
    "email": emails,
    "iban": ibans,
    "card": cards,
    "us_ssn": social_security,
    "national_id": identity_numbers,
    "phone": phones,
    "ip": ip_addresses,
}
KINDS = tuple(_FINDERS)
#: Kinds that hold at least seven digits; a text with fewer in all needs no search for them.
_NUMBERS = frozenset({"iban", "card", "us_ssn", "national_id", "phone"})
_SEVEN_DIGITS = re.compile(r"(?:\D*+\d){7}")
#: An address of a machine is personal data only in some places.
USUAL = tuple(kind for kind in KINDS if kind != "ip")


def find_personal_data(text: str, kinds: Collection[str] = USUAL) -> list[PersonalSpan]:
    """Personal data and secrets in a text, in the order of their places, without overlaps."""
    taken = bytearray(len(text))
    found = []
    without = () if _SEVEN_DIGITS.match(text) else _NUMBERS
    for kind, finder in _FINDERS.items():
        if kind not in kinds or kind in without:
            continue
        for span in finder(text):
            if not any(taken[span.start : span.end]):
                taken[span.start : span.end] = b"\x01" * (span.end - span.start)
                found.append(span)
    return sorted(found, key=lambda span: span.start)
