"""A small HTTP server that speaks the completions protocol and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Behaviour:
    """What the next answers are, in order; afterwards answers are good. ``seen`` records (time, path, body, headers).

    A step is ``good``, ``429:SECONDS``, a status, ``slow:SECONDS``, ``cut`` (a body that ends early), ``garbage``
    (not JSON) or ``empty`` (JSON without choices).
    """

    def __init__(self, *steps: str) -> None:
        self.steps = list(steps)
        self.seen: list[tuple[float, str, dict[str, Any], dict[str, str]]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.delay = 0.0
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, *unused: object) -> None:
        return

    def do_GET(self) -> None:
        self._send(200, json.dumps({"data": [{"id": "tuned"}, {"id": "plain"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behaviour = self.behaviour
        with behaviour.lock:
            behaviour.seen.append((time.monotonic(), self.path, body, dict(self.headers)))
            step = behaviour.steps.pop(0) if behaviour.steps else "good"
            behaviour.under_way += 1
            behaviour.most_under_way = max(behaviour.most_under_way, behaviour.under_way)
        time.sleep(behaviour.delay)
        # Counted out before the answer goes: the client may send its next request as soon as it has read this one.
        with behaviour.lock:
            behaviour.under_way -= 1
        self._act(step, body)

    def _act(self, step: str, body: dict[str, Any]) -> None:
        word, _, value = step.partition(":")
        good = json.dumps(_good(self.path, body)).encode()
        if word == "429":
            self._send(429, b"{}", {"Retry-After": value})
        elif word.isdigit():
            self._send(int(word), json.dumps({"error": {"message": value or "no"}}).encode())
        elif word == "slow":
            time.sleep(float(value))
            self._send(200, good)
        elif word == "cut":
            self._send(200, good[:-10], length=len(good))
        elif word == "garbage":
            self._send(200, b"<html>upstream error</html>")
        elif word == "empty":
            self._send(200, b"{}")
        else:
            self._send(200, good)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(length if length is not None else len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # the client gave up, as a slow answer is meant to make it
            return


def _good(path: str, body: dict[str, Any]) -> dict[str, Any]:
    if path.endswith("chat/completions"):
        said = f"{body['model']} heard {body['messages'][-1]['content']}"
        return {"choices": [{"message": {"content": said}, "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}
    said = f"{body['model']} read {len(body['prompt'])}, then STOP and more"
    return {"choices": [{"text": said, "finish_reason": "length"}], "usage": {"completion_tokens": 7}}


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """The address of a running server."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
