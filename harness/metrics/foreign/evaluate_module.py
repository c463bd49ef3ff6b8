"""A module of Hugging Face ``evaluate`` as a metric: its value for each sample, and their mean.

A module is Python, so it runs only if the person who starts the harness trusts it. A module whose figure of all samples
is not the mean of its samples' values (BLEU, F1) is refused: nothing but its text could be resampled, so its figure
would have no interval.
"""

import math
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from numbers import Real
from pathlib import Path
from typing import Any

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, not_judged, references
from harness.records import InputError, Outcome, Response, Score

#: Folders and hub names, separated as in ``PATH``, whose Python may run.
TRUST = "HARNESS_TRUST_TASK_CODE"
_SAME = 1e-6


@register("evaluate")
class EvaluateModule(MeanMetric):
    """The mean of a module's value over samples: ``{name: evaluate, module: ./my_metric, figure: my_score}``.

    Args:
        module: A folder that holds a script of its own name, from where the command runs, or a hub name.
        figure: Which of the module's figures; may be left out where it gives one.
        arguments: Further arguments of the module's ``compute``.
        greater_is_better: Whether a larger figure is a better model.

    Raises:
        InputError: the module is not trusted, cannot be loaded, or does not read texts.
    """

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        module: str,
        figure: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        greater_is_better: bool = True,
    ) -> None:
        self.greater_is_better = greater_is_better
        self._figure, self._arguments = figure, dict(arguments or {})
        self._where = f"evaluate module {module}"
        _check_trusted(module)
        self._module = _load(module, self._where)
        self._many_references = _reads_lists(self._module, self._where)
        # A task may use several modules; scores and rules tell metrics apart by name.
        self.name = f"evaluate:{Path(module).stem}" + (f".{figure}" if figure else "")

    @property
    def signature(self) -> str:
        arguments = ",".join(f"{name}={value}" for name, value in sorted(self._arguments.items())) or "none"
        references_used = "all" if self._many_references else "first"
        return (
            f"{self.name}|mean over samples|code:{self._module._hash[:16]}|arguments:{arguments}|"
            f"references:{references_used}|evaluate:{version('evaluate')}"
        )

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        if not responses:
            return []
        pairs = [(response.text or "", self._wanted(response)) for response in responses]
        whole = self._compute(pairs)
        if isinstance(whole, list):
            values = whole
        else:
            values = [self._single(pair) for pair in pairs]
            self._check_mean(whole, values)
        return [
            mean_score(value, extracted=text) if math.isfinite(value) else not_judged(Outcome.UNSCORABLE, 2)
            for value, (text, _) in zip(values, pairs, strict=True)
        ]

    def _wanted(self, response: Response) -> str | list[str]:
        found = references(response, self.name)
        return list(found) if self._many_references else found[0]

    def _single(self, pair: tuple[str, Any]) -> float:
        value = self._compute([pair])
        return value[0] if isinstance(value, list) else value

    def _compute(self, pairs: Sequence[tuple[str, Any]]) -> float | list[float]:
        """The figure of some pairs: a number, or a list with one number a pair."""
        texts, wanted = [text for text, _ in pairs], [one for _, one in pairs]
        try:
            given = self._module.compute(predictions=texts, references=wanted, **self._arguments)
        except Exception as error:  # noqa: BLE001 - the module is someone else's and may fail in any way
            reason = (str(error).splitlines() or [""])[0]
            raise InputError(f"fails ({type(error).__name__}: {reason})", where=self._where) from None
        value = self._chosen(given)
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == len(pairs):
            return [_number(one, self._where) for one in value]
        return _number(value, self._where)

    def _chosen(self, given: Any) -> Any:
        found = dict(given or {})
        names = [self._figure] if self._figure else list(found)
        if len(names) == 1 and names[0] in found:
            return found[names[0]]
        raise InputError(
            f"gives the figures {', '.join(map(str, found)) or 'none'}, not one named {self._figure!r}",
            where=self._where,
            mend="name one in 'figure'",
        )

    def _check_mean(self, whole: float, values: Sequence[float]) -> None:
        judged = [value for value in values if math.isfinite(value)]
        mean = math.fsum(judged) / len(judged) if judged else math.nan
        if math.isclose(whole, mean, rel_tol=_SAME, abs_tol=_SAME):
            return
        raise InputError(
            f"is a corpus metric: its figure of all samples ({whole:.6g}) is not the mean of theirs ({mean:.6g}), "
            "so it can have no interval",
            where=self._where,
            mend="use a metric of the harness, or write one with statistics that add up (docs/metrics.md)",
        )


def _check_trusted(module: str) -> None:
    named = [one for one in os.environ.get(TRUST, "").split(os.pathsep) if one]
    if module.startswith((".", "/", "~")) and not Path(module).exists():
        raise InputError(f"evaluate module {module!r} is not there", mend="name it from the folder the command runs in")
    if Path(module).exists():
        trusted = any(Path(module).resolve().is_relative_to(Path(one).expanduser().resolve()) for one in named)
    else:
        trusted = module in named
    if not trusted:
        raise InputError(
            f"evaluate module {module!r} is Python, which runs only if you trust it",
            mend=f"read it, then put its folder (or its hub name) into {TRUST}",
        )


def _load(module: str, where: str) -> Any:
    try:
        import evaluate
    except (ImportError, PackageNotFoundError):
        raise InputError(
            "the package evaluate is not installed", where=where, mend="pip install adapter-harness[evaluate]"
        ) from None
    try:
        return evaluate.load(module)
    except Exception as error:  # noqa: BLE001 - loading runs the module, which may fail in any way
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(f"cannot be loaded ({type(error).__name__}: {reason})", where=where) from None


def _reads_lists(module: Any, where: str) -> bool:
    """Whether the module takes a list of references a sample; only modules that read texts are of use here."""
    layouts = module.features if isinstance(module.features, list) else [module.features]
    for layout in layouts:
        kinds = {name: str(getattr(feature, "dtype", "")) for name, feature in layout.items()}
        if kinds.get("predictions") == "string" and "references" in kinds:
            return kinds["references"] != "string"
    raise InputError(
        "does not read texts",
        where=where,
        mend="a module takes 'predictions' of type string, and 'references'; for labels use the harness' own metrics",
    )


def _number(value: Any, where: str) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise InputError(f"gives {type(value).__name__} where a number was due", where=where)
