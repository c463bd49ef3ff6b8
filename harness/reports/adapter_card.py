"""The model card of a registered adapter: what it is, how it was trained, what runs measured of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import yaml

from harness.models.methods import BOTTLENECK
from harness.records import Figure
from harness.registry import Version
from harness.reports.numbers import bounds, decimals, number
from harness.reports.visible import markdown_text, visible

#: Of adapters that PEFT does not know.
_OWN_LIBRARY = "adapter-harness"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def adapter_card(
    version: Version, *, license: str, evaluation: Mapping[str, Any] | None = None, figures: Sequence[Figure] = ()
) -> str:
    """A README.md that the Hugging Face hub reads.

    Args:
        license: An identifier of the hub (``apache-2.0``, ``other``).
        evaluation: Front matter with ``model-index``, as `harness.exchange.export.model_index` makes it.
        figures: The same figures, for the table.
    """
    front: dict[str, Any] = {"license": license, "library_name": "peft", "tags": [version.method.lower()]}
    front |= evaluation or {}
    if "model-index" in front:
        front["model-index"] = [one | {"name": version.name} for one in front["model-index"]]
    if version.method == BOTTLENECK:
        front["library_name"] = _OWN_LIBRARY
    # A folder of this machine means nothing elsewhere.
    front.pop("base_model", None)
    if version.base and _HUB_ID.fullmatch(version.base):
        front["base_model"] = version.base
    head = yaml.safe_dump(front, sort_keys=False, allow_unicode=False)
    parts = [f"---\n{head}---\n", f"# {markdown_text(version)}\n", _facts(version), _training(version)]
    if figures:
        parts.append(_evaluation(figures))
    return "\n".join(part for part in parts if part)


def _facts(version: Version) -> str:
    base = version.base or "not known"
    if not _HUB_ID.fullmatch(base):
        base = base.rpartition("/")[2]
    rank = f", rank {version.rank}" if version.rank else ""
    rows = {
        "base": f"{base} (fingerprint {version.base_fingerprint or 'not known'})",
        "method": f"{version.method}{rank}, {version.parameters:,} parameters",
        **({"runs in": f"{_OWN_LIBRARY} alone; PEFT does not know the method"} if version.method == BOTTLENECK else {}),
        "fingerprint": version.fingerprint,
        "parent": version.parent or "none",
        "registered": version.created,
    }
    return "".join(f"- {name}: {markdown_text(text)}\n" for name, text in rows.items())


def _training(version: Version) -> str:
    if version.recipe is None:
        return "## Training\n\nNo record of the training came with this adapter.\n"
    told = {key: _file_names(value) if key in ("base", "data") else value for key, value in version.recipe.items()}
    recipe = visible(yaml.safe_dump(told, sort_keys=False, allow_unicode=False), 20_000)
    # A fence longer than any in the text, which a recipe from elsewhere could use to break out.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", recipe)), default=0))
    data = markdown_text(version.data_fingerprint or "not known")
    return f"## Training\n\nData fingerprint: {data}. Recipe of `harness train`:\n\n{fence}yaml\n{recipe}{fence}\n"


def _file_names(value: Any) -> Any:
    """Paths of this machine without their folders, which are nobody's business elsewhere."""
    if isinstance(value, list):
        return [_file_names(one) for one in value]
    return PurePath(value).name if isinstance(value, str) and PurePath(value).is_absolute() else value


def _evaluation(figures: Sequence[Figure]) -> str:
    lines = ["## Evaluation\n", "| task | metric | value | interval | n |", "|---|---|---:|---|---:|", *_rows(figures)]
    return "\n".join(lines) + "\n"


def _rows(figures: Sequence[Figure]) -> Iterator[str]:
    for figure in figures:
        places = decimals([figure.value])
        level = f" ({figure.interval.level:.0%})" if figure.interval else ""
        yield (
            f"| {markdown_text(figure.task)} | {markdown_text(figure.metric)} | {number(figure.value, places)} "
            f"| {bounds(figure.interval, places)}{level} | {figure.samples} |"
        )
