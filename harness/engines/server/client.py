"""Asking a server over HTTP until it answers: retries with exponential back-off and jitter, Retry-After, time-outs."""

import asyncio
import os
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from harness.engines.server.options import ServerOptions
from harness.records import InputError, RunError

_TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class Refused(InputError):
    """The server understood and said no; asking again will not help."""

    def __init__(self, what: str, *, where: str, status: int) -> None:
        super().__init__(what, where=where, mend="check engine.options and what the server serves")
        self.status = status


def api_key(options: ServerOptions) -> str | None:
    """The key from the environment.

    Raises:
        InputError: the variable that the options name is not set.
    """
    if options.api_key_env is None:
        return None
    key = os.environ.get(options.api_key_env)
    if not key:
        raise InputError(
            f"environment variable {options.api_key_env} is not set", where="engine.options.api_key_env", mend="set it"
        )
    return key


class Client:
    """One connection pool to one server. Used within one event loop, as an asynchronous context manager."""

    def __init__(self, options: ServerOptions) -> None:
        key = api_key(options)
        self._options = options
        self._random = random.Random()
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(options.timeout, connect=min(10.0, options.timeout)),
            limits=httpx.Limits(max_connections=options.concurrency),
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *unused: object) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON object at ``path``; see `post`."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send ``body`` and read back a JSON object.

        Raises:
            Refused: the server rejects the request (4xx).
            RunError: no usable answer after all retries.
        """
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        url = f"{self._options.url}/{path}"
        problem = ""
        for attempt in range(self._options.retries + 1):
            asked_to_wait: float | None = None
            try:
                response = await self._http.request(method, url, json=body)
                if response.status_code in _TRY_AGAIN:
                    problem = f"status {response.status_code}"
                    asked_to_wait = retry_after(response.headers.get("Retry-After"))
                elif response.status_code >= 300:
                    raise Refused(
                        f"the server says {response.status_code}: {_message(response)}",
                        where=url,
                        status=response.status_code,
                    )
                else:
                    value = response.json()
                    if isinstance(value, dict):
                        return value
                    problem = "an answer that is not a JSON object"
            except httpx.TimeoutException:
                problem = f"no answer within {self._options.timeout:g} s"
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            except ValueError:
                problem = "an answer that is not JSON"
            if attempt < self._options.retries:
                await asyncio.sleep(self._wait(attempt, asked_to_wait))
        raise RunError(
            f"no usable answer after {self._options.retries + 1} attempts (the last: {problem})",
            where=url,
            mend="check the server and run again: the run goes on where it stopped",
        )

    def _wait(self, attempt: int, asked: float | None) -> float:
        """Seconds: exponential back-off with jitter, at least what the server asks, at most ``longest_wait``."""
        backed_off = self._options.first_wait * 2**attempt * self._random.uniform(0.5, 1.0)
        return min(max(backed_off, asked or 0.0), self._options.longest_wait)


def retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _message(response: httpx.Response) -> str:
    try:
        error = response.json().get("error", response.text)
    except (ValueError, AttributeError):
        error = response.text
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]
