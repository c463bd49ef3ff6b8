"""Texts that are nearly the same, found among many by MinHash and locality-sensitive hashing.

Sources: Broder 1997, "On the resemblance and containment of documents"; Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", chapter 3.
"""

import re
from collections.abc import Sequence

import numpy as np

#: Share of all two-word sequences of two texts that both have, from which they are nearly the same.
NEAR = 0.7
#: Two texts at `NEAR` share a band of the signature with a chance of 0.9986; at 0.9 it is 1 - 1e-11.
_BANDS, _ROWS = 24, 4
#: A sequence in more texts than this share (and number) belongs to a template, and tells nothing.
_COMMON_SHARE, _COMMON_COUNT = 0.05, 20
#: Members of a bucket are compared with this many that follow; larger buckets hang together as a chain.
_REACH = 8
#: Longer texts are told apart by their beginning.
_LONGEST = 50_000
#: A word; where words are not parted by spaces (Chinese, Japanese), a character.
_WORD = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def near_pairs(texts: Sequence[str]) -> np.ndarray:
    """Pairs of texts whose sets of two-word sequences have a Jaccard similarity of at least `NEAR`.

    Case and punctuation do not count, nor do sequences that a twentieth of all different texts share (a template),
    unless a text has no others. Every pair returned was compared exactly. Pairs that are not returned are linked over
    others where many texts are alike; take connected components.

    Returns:
        Indices, shape ``(pairs, 2)``, the smaller first. Texts without a word have no pairs.
    """
    sets = _without_common([_shingles(text) for text in texts])
    filled = np.array([i for i, one in enumerate(sets) if len(one)], dtype=np.int64)
    if len(filled) < 2:
        return np.empty((0, 2), dtype=np.int64)
    signatures = _signatures([sets[i] for i in filled])
    pairs = _candidates(signatures)
    # The share of equal places estimates the similarity; its standard error is below 0.05 here.
    alike = (signatures[pairs[:, 0]] == signatures[pairs[:, 1]]).mean(axis=1) >= NEAR - 0.25
    pairs = filled[pairs[alike]]
    return pairs[[_jaccard(sets[a], sets[b]) >= NEAR for a, b in pairs]] if len(pairs) else pairs


def components(count: int, pairs: np.ndarray) -> np.ndarray:
    """The number of the group that each of ``count`` items belongs to when pairs stay together; shape ``(count,)``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _shingles(text: str) -> np.ndarray:
    """Hashes of all two-word sequences, beginning and end being words too; unique, ascending."""
    from pandas.util import hash_array

    words = _WORD.findall(text[:_LONGEST].casefold())
    if not words:
        return np.empty(0, dtype=np.uint64)
    hashes = hash_array(np.array(["", *words, ""], dtype=object), categorize=False)
    return np.unique(hashes[:-1] * _FACTOR + hashes[1:])


def _without_common(sets: list[np.ndarray]) -> list[np.ndarray]:
    different = list({one.tobytes(): one for one in sets if len(one)}.values())
    if not different:
        return sets
    values, counts = np.unique(np.concatenate(different), return_counts=True)
    common = values[counts > max(_COMMON_COUNT, _COMMON_SHARE * len(different))]
    if not len(common):
        return sets
    return [own if len(own := one[~_in(one, common)]) else one for one in sets]


def _in(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[place] == values)


def _signatures(sets: Sequence[np.ndarray]) -> np.ndarray:
    """The smallest hash of each set under random functions; shape ``(sets, _BANDS * _ROWS)``."""
    flat = np.concatenate(sets)
    starts = np.concatenate([[0], np.cumsum([len(one) for one in sets])[:-1]])
    random = np.random.default_rng(0)
    result = np.empty((len(sets), _BANDS * _ROWS), dtype=np.uint64)
    for column in range(result.shape[1]):
        odd, add = random.integers(0, 2**63, 2, dtype=np.uint64)
        # Multiply, add, and mix the high bits down: the low bits of a product of 64 bits are weak.
        mixed = flat * (odd * np.uint64(2) + np.uint64(1)) + add
        mixed ^= mixed >> np.uint64(32)
        mixed *= _FACTOR
        result[:, column] = np.minimum.reduceat(mixed, starts)
    return result


def _candidates(signatures: np.ndarray) -> np.ndarray:
    """Pairs that share a band of their signatures; shape ``(pairs, 2)``."""
    found = []
    for band in range(_BANDS):
        key = np.zeros(len(signatures), dtype=np.uint64)
        for column in range(band * _ROWS, (band + 1) * _ROWS):
            key = (key ^ signatures[:, column]) * _FACTOR
            key ^= key >> np.uint64(29)
        order = np.argsort(key, kind="stable")
        for step in range(1, _REACH + 1):
            same = np.flatnonzero(key[order[step:]] == key[order[:-step]])
            found.append(np.column_stack([order[same], order[same + step]]))
    pairs = np.sort(np.concatenate(found), axis=1)
    return np.unique(pairs, axis=0)


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
