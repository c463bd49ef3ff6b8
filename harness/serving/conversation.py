"""A conversation of several turns with one of the served models."""

from harness.engines import Audience
from harness.records import Decoding, Generation, InputError, Message
from harness.serving.service import Service


class Conversation:
    """The turns so far. They stay when the model changes, so that the next one answers the same conversation."""

    def __init__(self, service: Service, model: str, decoding: Decoding) -> None:
        self._service, self._decoding = service, decoding
        self._turns: tuple[Message, ...] = ()
        self.model = model

    def say(self, text: str, audience: Audience | None = None) -> Generation:
        """Answer the user's next turn. One that is refused, or no longer waited for, stays out of the conversation.

        Raises:
            Refused: the conversation has outgrown the model's context.
            RunError: the engine broke.
        """
        turns = (*self._turns, Message("user", text))
        answer = self._ask(self.model, turns, audience)
        self._turns = (*turns, Message("assistant", answer.text))
        return answer

    def again(self, models: list[str], audience: Audience | None = None) -> dict[str, Generation]:
        """What each model answers to the user's last turn; the conversation stays as it is.

        Raises:
            InputError: nothing has been said yet.
        """
        if not self._turns:
            raise InputError("nothing has been asked yet", mend="ask something first")
        return {model: self._ask(model, self._turns[:-1], audience) for model in models}

    def reset(self) -> None:
        """Forget all turns."""
        self._turns = ()

    def _ask(self, model: str, turns: tuple[Message, ...], audience: Audience | None) -> Generation:
        return self._service.ask(model, turns, self._decoding, audience).result().generation
