"""The ``options:`` that the server engine takes."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ServerOptions(BaseModel):
    """Where the server is and how it is asked.

    Attributes:
        url: Up to and without the last part of the path: ``http://localhost:8000/v1``.
        api: ``completions`` continues prompts as they are; ``chat`` sends turns and the server's template renders them.
        models: What the server calls each model of the suite. Left out: an adapter goes by its name in the suite, the
            base by its reference.
        api_key_env: Name of the environment variable that holds the key. Keys are read from nowhere else.
        send: ``tokens`` sends token ids, so that no second beginning-of-sequence token can be added; ``text`` is for
            servers that take only text (completions).
        concurrency: Requests under way at once.
        timeout: Seconds without a byte before a request is given up and tried again.
        retries: How often a request is tried again, on 408, 409, 425, 429, 5xx, a broken connection or a cut-off body.
        longest_wait: Seconds; bounds back-off and a server's Retry-After alike.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    api: Literal["completions", "chat"] = "completions"
    models: dict[str, str] = {}
    api_key_env: str | None = None
    send: Literal["tokens", "text"] = "tokens"
    concurrency: Annotated[int, Field(ge=1)] = 16
    timeout: Annotated[float, Field(gt=0)] = 120.0
    retries: Annotated[int, Field(ge=0)] = 6
    first_wait: Annotated[float, Field(gt=0)] = 0.5
    longest_wait: Annotated[float, Field(gt=0)] = 60.0

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https address, such as http://localhost:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("must hold no key or password; name an environment variable in api_key_env")
        return url.rstrip("/")
