"""Which samples of a task stand in training data: as they are, in part, or nearly."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from harness.records import Sample, prompt_text
from harness.training.rows.examples import Example, PreferenceExample

#: Words in a row that two texts hardly share by chance (Brown et al. 2020, appendix C).
NGRAM = 13
#: Shorter texts than this count only where a whole turn equals them: short phrases are anybody's.
SHORT = 8
#: Share of all three-word sequences of two texts that both have, from which they are nearly the same.
NEAR = 0.5
_TRIGRAM = 3
#: A sequence in more training turns than this is a template, and tells nothing.
_COMMON = 200
_WORD = re.compile(r"\w+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why a sample counts as seen: the kind of overlap, the training row, and what both share."""

    kind: Literal["exact", "ngram", "near"]
    where: str
    shared: str


class TrainingText:
    """Every turn of training data, indexed once for any number of tasks.

    Args:
        examples: The rows; each turn is a text of its own, a rejected answer too.
    """

    def __init__(self, examples: Iterable[Example | PreferenceExample]) -> None:
        self._where: list[str] = []
        self._texts: list[np.ndarray] = []
        for example in examples:
            for _, text in example.said:
                self._where.append(example.where)
                self._texts.append(_hashed(text))
        self._grams: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def overlaps(self, samples: Sequence[Sample]) -> dict[str, Overlap]:
        """The samples that were seen, by key.

        Of a sample's document, the longest text that its prompt shows is looked for (the question or passage), and the
        longest of all (which may be a worked answer), not the rendered prompt: instructions are shared by design, those
        that stand in the documents of most samples too.

        Args:
            samples: All of a task, each once or more.
        """
        found = {}
        unique = {sample.key: sample for sample in samples}
        instructions = _instructions(list(unique.values()))
        for key, sample in unique.items():
            overlaps = (self._overlap(text) for text in _subjects(sample, instructions))
            overlap = next((one for one in overlaps if one is not None), None)
            if overlap is not None:
                found[key] = overlap
        return found

    def _overlap(self, text: str) -> Overlap | None:
        words = _hashed(text)
        if len(words) < _TRIGRAM:
            return None
        row = self._whole.get(words.tobytes())
        if row is not None:
            return Overlap("exact", self._where[row], text)
        if len(words) < SHORT:
            return None
        size = min(NGRAM, len(words))
        hashes = _ngrams(words, size)
        known, rows = self._index(size)
        place = np.searchsorted(known, hashes)
        hit = np.flatnonzero(known[np.minimum(place, len(known) - 1)] == hashes) if len(known) else np.empty(0, int)
        if len(hit):
            spans = [match.span() for match in _WORD.finditer(text)]
            first = int(hit[0])
            return Overlap("ngram", self._where[rows[place[first]]], text[spans[first][0] : spans[first + size - 1][1]])
        return self._near(words, text)

    def _near(self, words: np.ndarray, text: str) -> Overlap | None:
        own = np.unique(_ngrams(words, _TRIGRAM))
        known, rows = self._index(_TRIGRAM)
        first, last = np.searchsorted(known, own, "left"), np.searchsorted(known, own, "right")
        shared = [rows[a:b] for a, b in zip(first, last, strict=True) if 0 < b - a <= _COMMON]
        if not shared:
            return None
        turns, counts = np.unique(np.concatenate(shared), return_counts=True)
        best = int(np.argmax(counts))
        union = len(own) + len(np.unique(_ngrams(self._texts[turns[best]], _TRIGRAM))) - counts[best]
        return Overlap("near", self._where[turns[best]], text) if counts[best] / union >= NEAR else None

    @cached_property
    def _whole(self) -> dict[bytes, int]:
        return {text.tobytes(): row for row, text in reversed(list(enumerate(self._texts)))}

    def _index(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Hashes of all sequences of ``size`` words, ascending, and the turn of each; a turn's repetitions once."""
        if size not in self._grams:
            grams = [np.unique(_ngrams(text, size)) for text in self._texts]
            rows = np.repeat(np.arange(len(grams)), [len(one) for one in grams])
            flat = np.concatenate(grams) if grams else np.empty(0, dtype=np.uint64)
            order = np.argsort(flat, kind="stable")
            self._grams[size] = flat[order], rows[order]
        return self._grams[size]


def _hashed(text: str) -> np.ndarray:
    """A 64-bit hash of each word, case and punctuation aside; shape ``(words,)``."""
    from pandas.util import hash_array

    words = _WORD.findall(text.casefold())
    return hash_array(np.array(words, dtype=object)) if words else np.empty(0, dtype=np.uint64)


def _ngrams(words: np.ndarray, size: int) -> np.ndarray:
    """A rolling hash of each sequence of ``size`` words; shape ``(words - size + 1,)``, at least 0."""
    count = len(words) - size + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    hashes = np.zeros(count, dtype=np.uint64)
    for i in range(size):
        hashes = hashes * _FACTOR + words[i : i + count]
    return hashes


def _instructions(samples: Sequence[Sample]) -> set[str]:
    """Texts that more than half of the documents hold, and more than two."""
    counts = Counter(text for sample in samples for text in set(_strings(sample.document)))
    return {text for text, count in counts.items() if count > max(2, len(samples) / 2)}


def _subjects(sample: Sample, instructions: Container[str]) -> list[str]:
    """The longest text of the document that the prompt shows, and the longest of all; without any, the prompt."""
    every, prompt = list(_strings(sample.document)), prompt_text(sample.prompt)
    texts = [text for text in every if text not in instructions] or every
    shown = max((text for text in texts if text.strip() in prompt), key=len, default="")
    longest = max(texts, key=len, default="")
    return list(dict.fromkeys(filter(None, (shown, longest)))) or [prompt]


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
