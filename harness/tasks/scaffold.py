"""New task packs: a small one of each kind that works at once, and the writing of any pack to its folder."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from harness.records import InputError, is_name, mended_name

Kind = Literal["classification", "generation", "multiple_choice", "perplexity"]

_HEAD = """\
version: 1                 # raise it when what is measured changes
description: {description}
tags: [{tag}]
license: CC0-1.0           # of the data beside this file
data: {{path: test.jsonl}}
"""
_BODIES: dict[Kind, str] = {
    "classification": """\
output: generate
format: chat               # the model's chat template; text continues a plain prompt
system: You sort support mail. Answer with one word.
prompt: |
  Does this customer ask for a refund? Answer yes or no.

  {{ text }}
target: "{{ label }}"
labels: ["yes", "no"]      # quoted: YAML reads a bare yes as true
generation: {max_tokens: 4, stop: ["\\n"]}
filters: [first_line, label]
metrics: [f1_macro, accuracy]
""",
    "generation": """\
output: generate
format: chat
prompt: |
  Rewrite this sentence in the past tense.

  {{ sentence }}
references: "{{ answers }}" # one or more acceptable answers
generation: {max_tokens: 32, stop: ["\\n"]}
filters: [first_line, strip]
metrics: [chrf, exact_match]
""",
    "multiple_choice": """\
output: multiple_choice
prompt: "Question: {{ question }}\\nAnswer:"
choices: "{{ options }}"
target: "{{ answer }}"     # the right choice's text, or its place from 0
metrics: [accuracy, accuracy_norm]
""",
    "perplexity": """\
output: perplexity
prompt: "{{ text }}"
metrics: [bits_per_byte, word_perplexity]
""",
}
_ROWS: dict[Kind, list[dict[str, Any]]] = {
    "classification": [
        {"text": "I was charged twice, please give me my money back.", "label": "yes"},
        {"text": "The parcel never came. I would like the amount returned to my card.", "label": "yes"},
        {"text": "How do I change the language of the app?", "label": "no"},
        {"text": "Thanks, the new charger works well.", "label": "no"},
    ],
    "generation": [
        {"sentence": "She walks to the station.", "answers": ["She walked to the station."]},
        {"sentence": "They sing in the kitchen.", "answers": ["They sang in the kitchen."]},
        {"sentence": "He is buying bread.", "answers": ["He was buying bread.", "He bought bread."]},
    ],
    "multiple_choice": [
        {"question": "Which animal gives milk?", "options": ["a cow", "a snail", "a trout"], "answer": "a cow"},
        {"question": "What falls from clouds?", "options": ["sand", "rain", "bread"], "answer": "rain"},
        {"question": "What melts in the sun?", "options": ["iron", "glass", "ice"], "answer": "ice"},
    ],
    "perplexity": [
        {"text": "The meeting was moved to Thursday because the room had been given to another team."},
        {"text": "Rain fell all morning, and by noon the lower fields stood under water."},
        {"text": "To reset the device, hold both buttons until the light turns green, then let go."},
    ],
}
_DESCRIPTIONS: dict[Kind, str] = {
    "classification": "Does the customer ask for a refund?",
    "generation": "Rewrite a sentence in the past tense.",
    "multiple_choice": "Everyday questions with one right answer.",
    "perplexity": "How well the model predicts plain sentences.",
}


def new_pack(name: str, kind: Kind, parent: Path) -> Path:
    """Write a small pack that works at once, to be changed into one's own.

    Returns:
        Its folder, named as the task.

    Raises:
        InputError: the name cannot be a task's, or the folder exists.
    """
    if not is_name(name):
        raise InputError(f"{name[:120]!r} cannot be a task's name", mend=mended_name(name))
    head = yaml.safe_dump({"task": name}) + _HEAD.format(description=_DESCRIPTIONS[kind], tag=kind)
    return write_pack(parent / name, head + _BODIES[kind], _ROWS[kind], _DESCRIPTIONS[kind])


def write_pack(
    folder: Path, definition: str | Mapping[str, Any], rows: Sequence[Mapping[str, Any]] | None, about: str
) -> Path:
    """Write a pack's folder, whole or not at all.

    Args:
        definition: The task.yaml.
        rows: What ``test.jsonl`` holds; None where the data lies elsewhere.
        about: The first line of the README.

    Raises:
        InputError: the folder exists, or cannot be written.
    """
    if folder.exists():
        raise InputError("exists already", where=str(folder), mend="choose another name, or remove it first")
    if not isinstance(definition, str):
        definition = yaml.safe_dump(dict(definition), sort_keys=False, allow_unicode=True, width=110)
    files = {"task.yaml": definition, "README.md": f"# {folder.name}\n\n{about}\n"}
    if rows is not None:
        files["test.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, text in files.items():
                (half / name).write_text(text, encoding="utf-8")
            half.chmod(0o755)
            half.rename(folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(folder)) from None
    return folder
