"""From ``metric_list`` and ``filter_list`` to the figures of a task."""

from collections.abc import Iterator
from typing import Any

from harness.metrics.lm_eval import METRICS, LmEvalMetric
from harness.records import InputError, nearest
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.yaml_files import Function, TaskFile

#: What lm-evaluation-harness measures where a task names no metrics (``DEFAULT_METRIC_REGISTRY``).
_DEFAULTS = {
    "generate_until": ["exact_match"],
    "multiple_choice": ["acc", "acc_norm"],
    "loglikelihood": ["perplexity", "acc"],
    "loglikelihood_rolling": ["word_perplexity", "byte_perplexity", "bits_per_byte"],
}
#: How each metric is aggregated; the figure of any other is a plain mean.
_AGGREGATIONS = {
    "bleu": "bleu",
    "chrf": "chrf",
    "chrf++": "chrf++",
    "ter": "ter",
    "f1": "f1",
    "mcc": "matthews_corrcoef",
    "brier_score": "brier_score",
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
}
#: Options that exact_match takes of generated text. Elsewhere lm-evaluation-harness reads none.
_TEXT_OPTIONS = ("ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore")
#: A group's setting that some tasks carry on their own metrics, where it says nothing.
_NO_OPTION = ("weight_by_size",)


def metric_specs(config: LmEvalConfig, file: TaskFile) -> list[dict[str, Any]]:
    """The metrics of a task as `harness.metrics.build_metric` takes them: each metric of each filter pipeline.

    Raises:
        InputError: naming file, line and the metric that is not supported.
    """
    entries = config.metric_list or [{"metric": name} for name in _DEFAULTS[config.output_type]]
    pipelines = [(one.name, one.filter) for one in config.filter_list or ()] or [("none", [])]
    specs = []
    for name, filters in pipelines:
        for at, entry in enumerate(entries):
            spec = _spec(entry, config.output_type, file.where("metric_list", at))
            figure = f"{spec['metric']},{name}" if len(pipelines) > 1 else spec["metric"]
            specs.append({**spec, "figure": figure, "filters": filters})
    for key, figure in _repeated(spec["figure"] for spec in specs):
        raise InputError(f"figure {figure!r} stands twice", where=file.where(key), mend="keep one")
    for spec in specs:
        try:
            LmEvalMetric(**{key: value for key, value in spec.items() if key != "name"})
        except InputError as error:
            raise InputError(error.what, where=file.where("metric_list"), mend=error.mend) from None
    return specs


def _spec(entry: dict[str, Any], output: str, where: str) -> dict[str, Any]:
    settings = dict(entry)
    metric, aggregation = settings.pop("metric", None), settings.pop("aggregation", None)
    if isinstance(metric, Function) or isinstance(aggregation, Function):
        found = metric if isinstance(metric, Function) else aggregation
        raise InputError(f"metric {str(metric)!r} is not supported: it is Python ({found})", where=where)
    known = METRICS[output]
    if not isinstance(metric, str) or metric not in known:
        raise InputError(
            f"metric {metric!r} is not supported for {output}", where=where, mend=nearest(str(metric), list(known))
        )
    if settings.pop("hf_evaluate", False):
        raise InputError(f"metric {metric!r} from the evaluate hub is not supported", where=where)
    own = _AGGREGATIONS.get(metric, "mean") if output != "loglikelihood" or metric != "acc" else "mean"
    if aggregation not in (None, own, *(("nanmean",) if own == "mean" else ())):
        raise InputError(f"aggregation {aggregation!r} of {metric!r} is not supported", where=where, mend=f"use {own}")
    better = settings.pop("higher_is_better", None)
    options = {key: value for key, value in settings.items() if key not in _NO_OPTION}
    _check_options(options, metric, output, where)
    return {"name": "lm_eval", "metric": metric, "output": output, "options": options, "greater_is_better": better}


def _check_options(options: dict[str, Any], metric: str, output: str, where: str) -> None:
    known = _TEXT_OPTIONS if (metric, output) == ("exact_match", "generate_until") else ()
    for key in options:
        if key not in known:
            mend = nearest(key, list(known)) if known else "drop it: lm-evaluation-harness does not read it either"
            raise InputError(f"option {key!r} of metric {metric!r} is not supported", where=where, mend=mend)


def _repeated(figures: Iterator[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for figure in figures:
        if figure in seen:
            yield ("filter_list" if "," in figure else "metric_list"), figure
        seen.add(figure)
