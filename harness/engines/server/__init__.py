"""The server engine: any OpenAI-compatible endpoint, asked over HTTP."""

from harness.engines.server.engine import ServerEngine

__all__ = ["ServerEngine"]
