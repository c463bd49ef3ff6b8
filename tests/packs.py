"""Small task packs and suites written into a test's folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def write_pack(folder: Path, name: str, rows: list[dict[str, Any]], **definition: Any) -> Path:
    """A task pack; ``definition`` overrides the defaults of a plain-text generation task."""
    pack = folder / name
    pack.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {
        "task": name,
        "version": 1,
        "description": "A task of the tests.",
        "tags": ["tests"],
        "license": "CC0-1.0",
        "data": {"path": "test.jsonl"},
        "output": "generate",
        "format": "text",
        "prompt": "{{ text }}",
        "target": "{{ label }}",
        "generation": {"max_tokens": 8},
        "filters": ["strip"],
        "metrics": ["exact_match"],
    } | definition
    if settings["output"] != "generate":
        settings = {name: value for name, value in settings.items() if name not in ("filters", "generation")}
    if settings["output"] == "perplexity":
        del settings["target"]
    (pack / "task.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (pack / "test.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return pack


def write_suite(folder: Path, adapters: Mapping[str, Path | str] | None = None, **suite: Any) -> Path:
    """A suite over the reference model with the given adapters; ``suite`` overrides its keys."""
    models: dict[str, Any] = {"base": {}} | {name: {"adapter": str(path)} for name, path in (adapters or {}).items()}
    settings = {
        "suite": "tests",
        "base": "reference",
        "models": models,
        "engine": {"kind": "transformers", "device": "cpu"},
        "tasks": ["./words"],
    } | suite
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path


def word_rows(count: int) -> list[dict[str, str]]:
    """Rows with a text and a label."""
    return [{"text": f"The number after {n} is", "label": f"{n + 1}"} for n in range(count)]
