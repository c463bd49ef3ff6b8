"""What HTML pages share: templates, filters, and a policy that lets nothing foreign run."""

import base64
import hashlib
import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.records import content_root
from harness.reports import numbers
from harness.reports.outcome import GLYPH
from harness.reports.visible import one_line, visible


def environment() -> Environment:
    """Jinja over the templates in ``reports/``; everything is escaped unless it is `Markup`."""
    made = Environment(
        loader=FileSystemLoader(content_root() / "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "line": one_line,
        "visible": visible,
        "breakable": breakable,
        "number": numbers.number,
        "signed": numbers.signed,
        "bounds": numbers.bounds,
        "p": numbers.p_value,
    }
    made.filters["id"] = id
    made.globals["glyph"] = GLYPH
    return made


def asset(name: str) -> Markup:
    """A style or script of ``reports/``, to stand in a page as it is."""
    return Markup((content_root() / "reports" / name).read_text(encoding="utf-8"))


def breakable(name: str) -> Markup:
    """A name that may be broken after its underscores and slashes."""
    return Markup(re.sub(r"(?<=[_/])", "<wbr>", str(escape(one_line(name, 80)))))


def content_security_policy(style: str, script: str) -> str:
    """A Content-Security-Policy that lets the page's own style and script run and nothing else happen."""

    def source(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
