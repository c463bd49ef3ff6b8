"""Clipped n-gram matches of many pairs of texts at once: what BLEU and ROUGE-N count.

For each order, one integer stands for (pair, n-gram, side). Sorting brings equal n-grams of a pair together; their runs
are counted on either side, and the smaller count is the match. Integers are exact: n-grams are never hashed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

#: About how many words are counted together: so few that four fit into an integer and sorting stays in the cache.
BATCH = 6000
_BITS = 63
_CHARACTERS = 0x110000
#: Largest table of a batch's pairs and words, in bytes.
_TABLE = 2**24


def ngram_matches(found: Sequence[str], wanted: Sequence[str], orders: Sequence[int]) -> np.ndarray:
    """N-grams that two texts share, each counted as often as the text that has it less often.

    Args:
        found, wanted: The texts, one character a word (`encode_pairs`); pair by pair.
        orders: Ascending lengths of n-grams.

    Returns:
        Shape ``(pairs, len(orders))``, integers.
    """
    names = np.empty(_CHARACTERS, dtype=np.int64)
    parts = [_batch(found[part], wanted[part], orders, names) for part in _batches(found, wanted)]
    return np.concatenate(parts) if parts else np.zeros((0, len(orders)), dtype=np.int64)


def _batches(found: Sequence[str], wanted: Sequence[str]) -> Iterator[slice]:
    start = size = 0
    for end, (one, other) in enumerate(zip(found, wanted, strict=True), 1):
        size += len(one) + len(other)
        if size >= BATCH or end - start >= BATCH:
            yield slice(start, end)
            start, size = end, 0
    if start < len(found):
        yield slice(start, len(found))


def _batch(found: Sequence[str], wanted: Sequence[str], orders: Sequence[int], names: np.ndarray) -> np.ndarray:
    pairs = len(found)
    texts = [*found, *wanted]
    place = np.repeat(np.arange(2 * pairs), [len(text) for text in texts])
    characters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    # A word goes by the last place where it stands: a small number without sorting.
    names[characters] = np.arange(len(characters))
    words, word_bits = names[characters], len(characters).bit_length()
    owners = _Owners(place % pairs, place // pairs, pairs)
    matches = np.zeros((pairs, len(orders)), dtype=np.int64)
    grams, bits = words, word_bits
    shared = alive = np.ones(len(words), dtype=bool)
    for order in range(1, min(orders[-1], len(words)) + 1):
        if order > 1:
            if bits + word_bits > _BITS:
                grams, bits = _ranks(grams)
            grams, bits = (grams[:-1] << word_bits) | words[order - 1 :], bits + word_bits
            alive = alive[:-1] & shared[order - 1 :] & (place[: len(grams)] == place[order - 1 :])
        if order in orders:
            matches[:, orders.index(order)], keys = _matches(grams, bits, np.flatnonzero(alive), owners)
            if order == 1:
                # Longer n-grams can only match where all their words do.
                shared = alive = owners.holding(words, word_bits, keys)
    return matches


@dataclass(frozen=True, slots=True)
class _Owners:
    """Which pair each word stands in, and on which side, 0 or 1."""

    pair: np.ndarray
    side: np.ndarray
    pairs: int

    def holding(self, words: np.ndarray, bits: int, keys: np.ndarray) -> np.ndarray:
        """Whether ``(pair, word)`` of each place is one of ``keys``."""
        if self.pairs << bits > _TABLE:
            return np.ones(len(words), dtype=bool)
        table = np.zeros(self.pairs << bits, dtype=bool)
        table[keys] = True
        return table[self.pair << bits | words]


def _matches(grams: np.ndarray, bits: int, places: np.ndarray, owners: _Owners) -> tuple[np.ndarray, np.ndarray]:
    """Matches of each pair, and the ``(pair, n-gram)`` that match at all."""
    if len(places) == 0:
        return np.zeros(owners.pairs, dtype=np.int64), places
    grams = grams[places]
    if bits + owners.pairs.bit_length() + 1 > _BITS:
        grams, bits = _ranks(grams)
    keys = np.sort((owners.pair[places] << bits | grams) << 1 | owners.side[places])
    same = keys >> 1
    starts = np.flatnonzero(np.concatenate([[True], same[1:] != same[:-1]]))
    of_wanted = np.add.reduceat(keys & 1, starts)
    shared = np.minimum(of_wanted, np.diff(starts, append=len(keys)) - of_wanted)
    different = same[starts]
    counts = np.bincount(different >> bits, weights=shared, minlength=owners.pairs)
    return counts.astype(np.int64), different[shared > 0]


def _ranks(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Values as ranks, and the bits that a rank takes."""
    different, ranks = np.unique(values, return_inverse=True)
    return ranks.astype(np.int64), len(different).bit_length()
