"""The border between a prompt and what follows it: one rule for few-shot examples, scored choices and training.

* Plain text: a prompt never ends in a space, and what follows starts with exactly one (lm-evaluation-harness' default
  ``target_delimiter``), because tokenizers keep a space with the word after it. After a newline, or where the
  continuation brings its own white space (code), none is added.
* Chat: what follows comes directly after the assistant header that the template writes.
"""

from harness.records import Prompt


def prompt_end(text: str) -> str:
    """A plain-text prompt without trailing spaces."""
    return text.rstrip(" ")


def continuation(prompt: Prompt, text: str) -> str:
    """``text`` as it follows ``prompt``, the space between them included."""
    if not isinstance(prompt, str) or not prompt or prompt[-1].isspace() or text[:1].isspace():
        return text
    return " " + text
