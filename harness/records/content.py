"""Where the content that ships with the harness lies: task packs, recipes, report templates, the reference model."""

from pathlib import Path


def content_root() -> Path:
    """The folder that holds ``tasks/``, ``adapters/``, ``reports/`` and ``reference/``.

    A wheel carries them in ``harness/content``; in a checkout they lie beside the package.
    """
    package = Path(__file__).resolve().parents[1]
    inside = package / "content"
    return inside if inside.is_dir() else package.parent


def reference_model() -> Path:
    """The folder of the reference model, the embedded default (Hugging Face format)."""
    return content_root() / "reference" / "model"
