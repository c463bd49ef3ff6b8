"""A registered adapter and its base as one full model, kept only if it says what base and adapter say."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.engines import Engine, EngineSettings, open_engine
from harness.engines.encoding import Encoder
from harness.engines.merge import merge_into
from harness.engines.parity import FILLER
from harness.models import Adapter, Base, Model, method_of, resolve_base
from harness.models.quiet import quiet_libraries
from harness.records import Answer, Decoding, InputError, Kind, Request
from harness.registry.store import new_folder

#: Greedy continuations of these are compared. Any text does: what is checked is the sum of two weights.
PROMPTS = (
    "The capital of France is",
    "Question: What is seven plus five?\nAnswer:",
    "def add(a, b):\n    return",
    "Translate to German: Good morning, how are you?\n",
    "Patient: I have had a headache for two days.\nDoctor:",
)
_MAX_TOKENS = 16
#: Largest |Δ log p| that passes, in nats: float32 sums differ in their last digits, 16-bit weights are rounded.
TOLERANCE = {"float32": 0.01, "bfloat16": 0.25, "float16": 0.05}
_BASE, _TUNED, _MERGED = "base", "tuned", "merged"


@dataclass(frozen=True)
class Merged:
    """What was written, and how near it is to base + adapter.

    Attributes:
        fingerprint: Of the full model.
        tokens: Tokens compared: base + adapter's own greedy texts.
        max_difference: Largest |Δ log p| of a token between the merged model and base + adapter, in nats.
        mean_difference: The mean of it.
        effect: Largest |Δ log p| between the base and base + adapter on the same tokens, in nats.
    """

    folder: Path
    fingerprint: str
    dtype: str
    tokens: int
    max_difference: float
    mean_difference: float
    effect: float


def merge(
    base: Base, adapter: Adapter, out: Path, *, dtype: str | None = None, tolerance: float | None = None
) -> Merged:
    """Write a full model in Hugging Face format. It appears whole and checked, or not at all.

    Both models are computed in float32, the merged one from the weights as they were saved.

    Args:
        dtype: Of the weights written: float32, bfloat16 or float16; the base's own if left out.
        tolerance: Largest |Δ log p| in nats; `TOLERANCE` of the dtype if left out.

    Raises:
        InputError: the method cannot be merged, or the merged model says something else.
    """
    _refuse_unmergeable(base, adapter)
    quiet_libraries()
    dtype = dtype or _own_dtype(base)
    limit = TOLERANCE[dtype] if tolerance is None else tolerance
    encoder = Encoder.load(base.folder)
    model = Model(_TUNED, base, adapter)
    with new_folder(out) as partial:
        _merge(model, partial, encoder, dtype)
        merged = resolve_base(str(partial))
        apart, effect = _compare(model, Model(_MERGED, merged), encoder)
        found = max(apart)
        if not found <= limit or found >= effect:
            raise InputError(
                f"the merged model is not base + adapter: |Δ log p| is up to {found:.3g} nats (tolerance {limit:g}, "
                f"the adapter's own effect {effect:.3g})",
                where=adapter.reference,
                mend="try --dtype float32" if dtype != "float32" else "use base and adapter side by side",
            )
    return Merged(out, merged.fingerprint, dtype, len(apart), found, sum(apart) / len(apart), effect)


def _refuse_unmergeable(base: Base, adapter: Adapter) -> None:
    method = method_of(adapter)
    if not method.merges_exactly:
        reason = f": {method.nature}" if method.nature else ""
        raise InputError(
            f"{adapter.method} adapters cannot be merged into the weights of a model{reason}",
            where=adapter.reference,
            mend="use base and adapter side by side",
        )
    if base.config.get("quantization_config"):
        raise InputError(
            "a quantized base takes no merged adapter", where=base.reference, mend="name the full one with --base"
        )


def _own_dtype(base: Base) -> str:
    named = str(base.config.get("dtype") or base.config.get("torch_dtype"))
    return named if named in TOLERANCE else "float32"


def _merge(model: Model, folder: Path, encoder: Encoder, dtype: str) -> None:
    try:
        merge_into(model, folder, encoder.tokenizer, dtype)
    except InputError as error:
        assert model.adapter is not None
        raise InputError(error.what, where=model.adapter.reference, mend="use base and adapter side by side") from error


def _compare(tuned: Model, merged: Model, encoder: Encoder) -> tuple[list[float], float]:
    """|Δ log p| of each token, and the adapter's effect."""
    with _engine([Model(_BASE, tuned.base), tuned], encoder) as engine:
        asked = [Request(_TUNED, Kind.GENERATE, p, decoding=Decoding(max_tokens=_MAX_TOKENS)) for p in PROMPTS]
        said = {r.prompt: a for batch in engine.answer(asked) for r, a in batch}
        texts = [(prompt, _text(said[prompt])) for prompt in PROMPTS]
        expected, before = (_log_probabilities(engine, name, texts) for name in (_TUNED, _BASE))
    with _engine([merged], encoder) as engine:
        found = _log_probabilities(engine, _MERGED, texts)
    apart = [abs(a - b) for a, b in zip(expected, found, strict=True)]
    return apart, max(abs(a - b) for a, b in zip(expected, before, strict=True))


def _engine(models: Sequence[Model], encoder: Encoder) -> Engine:
    return open_engine(EngineSettings(kind="transformers", dtype="float32"), models, encoder)


def _log_probabilities(engine: Engine, name: str, texts: Sequence[tuple[str, str]]) -> list[float]:
    asked = [Request(name, Kind.LOGLIKELIHOOD, prompt, (text,)) for prompt, text in texts]
    answers = {request: answer for batch in engine.answer(asked) for request, answer in batch}
    return [value for request in asked for value in answers[request].likelihoods[0].per_token]


def _text(answer: Answer) -> str:
    return (answer.generation.text if answer.generation else "") or FILLER
