"""The most diverse rows of a data set: each next one lies farthest from all that were taken."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.records.progress import Progress, silent

#: Words kept by TF-IDF, the most frequent ones.
_FEATURES = 50_000
_STEP = 50


def farthest_first(vectors: Any, count: int, progress: Progress = silent) -> np.ndarray:
    """Indices of ``count`` rows such that the least distance between them is large.

    Farthest-first traversal (Gonzalez 1985, "Clustering to minimize the maximum intercluster distance"): the radius
    within which the taken rows cover all rows is at most twice the best possible. The first row is the one nearest to
    the mean. One product of matrix and vector a step, so time grows with rows times ``count``.

    Args:
        vectors: Rows of length 1 or 0, dense or sparse, shape ``(rows, dimensions)``. Distance is ``1 - cosine``,
            which orders unit vectors as Euclidean distance does.
        count: How many; at most all.

    Returns:
        Indices in the order in which they were taken, shape ``(count,)``; ties go to the earlier row.
    """
    rows = vectors.shape[0]
    count = min(count, rows)
    taken = np.empty(count, dtype=np.int64)
    chosen = int(np.argmax(vectors @ np.asarray(vectors.mean(axis=0)).ravel())) if count else 0
    nearest = np.full(rows, -np.inf)
    for step in range(count):
        taken[step] = chosen
        np.maximum(nearest, vectors @ _dense(vectors[[chosen]]), out=nearest)
        nearest[chosen] = np.inf
        chosen = int(np.argmin(nearest))
        if step % _STEP == 0 or step + 1 == count:
            progress("rows taken", step + 1, count)
    return taken


def tfidf(texts: Sequence[str]) -> Any:
    """TF-IDF vectors of words, sublinear, length 1; a sparse matrix of shape ``(texts, words)``."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_FEATURES, token_pattern=r"(?u)\w+", dtype=np.float32)
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # no text holds a word
        return np.zeros((len(texts), 1), dtype=np.float32)


def embeddings(texts: Sequence[str]) -> np.ndarray:
    """Sentence embeddings by all-MiniLM-L6-v2, length 1; shape ``(texts, 384)``."""
    from harness.metrics.semantic import embed

    vectors = embed(texts)
    return np.array([vectors[text] for text in texts])


def _dense(row: Any) -> np.ndarray:
    return np.asarray(row.toarray() if hasattr(row, "toarray") else row).ravel()
