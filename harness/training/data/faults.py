"""What can be wrong with training data: one entry a kind, with its severity and how to mend it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: high would teach something wrong or break training, medium wastes rows, low is worth a look."""

    severity: Severity
    title: str
    mend: str


KINDS: dict[str, Kind] = {
    "bad_row": Kind("high", "lines that are no row", "mend the line so that it holds one whole row"),
    "bad_bytes": Kind("high", "bytes that are not UTF-8", "convert the file to UTF-8"),
    "missing_field": Kind("high", "fields that are missing", "fill the field or remove the row"),
    "empty_field": Kind("high", "fields without text", "fill the field or remove the row"),
    "near_empty": Kind("medium", "fields without a letter or digit", "fill the field or remove the row"),
    "role_order": Kind("high", "turns out of order", "let user and assistant alternate, and the assistant end"),
    "unknown_role": Kind("high", "turns of nobody known", "let system, user and assistant speak"),
    "different_prompts": Kind("high", "preferences after different prompts", "let both answers follow one prompt"),
    "chosen_equals_rejected": Kind("high", "chosen answers equal to the rejected", "remove the row"),
    "conflicting_preferences": Kind("high", "pairs preferred both ways round", "decide which answer is better"),
    "chosen_shorter": Kind("medium", "chosen answers far shorter", "check that it is whole and the two not swapped"),
    "length_bias": Kind("low", "preferences that go with length", "add pairs whose better answer has the other length"),
    "answer_equals_prompt": Kind("high", "answers that repeat their prompt", "write the answer or remove the row"),
    "looping_answer": Kind("high", "answers that loop or are garbage", "remove the row or write the answer again"),
    "exact_duplicate": Kind("medium", "rows that stand twice", "keep one of them"),
    "near_duplicate": Kind("low", "rows that are nearly the same", "keep one, or keep them in one part when splitting"),
    "conflicting_labels": Kind("high", "one text with several labels", "decide on one label"),
    "conflicting_answers": Kind("medium", "one prompt with several answers", "keep the best, unless variety is meant"),
    "rare_label": Kind("medium", "labels that occur once", "mend the spelling or add examples"),
    "label_spelling": Kind("high", "labels that differ only in case or spacing", "write each label in one way"),
    "label_imbalance": Kind("low", "unequal labels", "add examples of the rare labels"),
    "other_language": Kind("low", "rows in another language than the rest", "remove them unless meant"),
    "mojibake": Kind("high", "text decoded with the wrong encoding", "decode the source as UTF-8 (ftfy repairs most)"),
    "replacement_character": Kind("high", "characters lost in decoding (U+FFFD)", "decode the source anew"),
    "control_character": Kind("medium", "control or invisible characters", "remove them"),
    "bidi_character": Kind("high", "characters that reorder or hide text", "remove them"),
    "html_left": Kind("medium", "HTML tags or entities in prose", "extract the text from the HTML"),
    "secret": Kind("high", "keys, tokens or passwords", "remove it, and revoke it where it is real"),
    "personal_data": Kind("medium", "personal data", "replace it by made-up data"),
    "placeholder": Kind("high", "placeholders that nobody filled", "fill them"),
    "boilerplate": Kind("medium", "answers that speak as an AI model", "rewrite the answer"),
    "refusal": Kind("medium", "answers that refuse", "remove them unless refusing is to be learned"),
    "chat_markup": Kind("high", "chat markup in the text of some rows", "leave markup to the chat template"),
    "prompt_format": Kind("medium", "prompts that depart from the common form", "write all prompts in one form"),
    "answer_format": Kind("low", "answers that depart from the common form", "write all answers in one form"),
    "length_outlier": Kind("low", "answers of unusual length", "check that they are whole and belong here"),
    "too_long": Kind("medium", "rows longer than max length", "shorten them or raise max_length"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, the row (``data.jsonl:7``), what is wrong there, and a piece of the text itself."""

    kind: str
    where: str
    what: str
    excerpt: str = ""

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind].severity
