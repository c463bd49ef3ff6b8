"""A base and its adapters to try out: answers for several askers at once, over HTTP and in a conversation."""

from harness.serving.conversation import Conversation
from harness.serving.limits import Limits, read_size
from harness.serving.open import named_adapters, open_service
from harness.serving.refusals import Busy, Refused, UnknownModel
from harness.serving.service import Reply, Service, TokenIds

__all__ = [
    "Busy",
    "Conversation",
    "Limits",
    "Refused",
    "Reply",
    "Service",
    "TokenIds",
    "UnknownModel",
    "named_adapters",
    "open_service",
    "read_size",
]
