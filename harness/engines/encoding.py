"""Text to token ids and back: the one place where prompts are encoded, for training, generation and scoring alike."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.models.weights import read_json
from harness.records import Decoding, Generation, InputError, Prompt, reason


class Encoder:
    """Encodes prompts for one base model.

    Rules, the same for every engine and for training:

    * Plain text gets the tokenizer's own special tokens, with a beginning-of-sequence token at most once.
    * Turns are rendered by the model's chat template, which alone decides on special tokens. A model without a
      template sees the turns joined by blank lines (``renders_chat`` is False and the run's manifest says so).
    * A prompt and a continuation are tokenized together and cut after as many tokens as the prompt has alone, as
      lm-evaluation-harness does, so that a merge across the border is scored as the model would see it.
    """

    def __init__(self, tokenizer: Any, stop_ids: Iterable[int] = ()) -> None:
        self.tokenizer = tokenizer
        own = () if tokenizer.eos_token_id is None else (int(tokenizer.eos_token_id),)
        #: Tokens that end a generation: the tokenizer's end of sequence, and those of the model's generation config.
        self.stop_ids = frozenset([*own, *stop_ids])
        self.renders_chat = bool(getattr(tokenizer, "chat_template", None))
        self._prompt_ids = lru_cache(maxsize=200_000)(self._encode_prompt)

    @classmethod
    def load(cls, folder: Path) -> "Encoder":
        """The encoder of a base model's folder. Runs no code from it.

        Raises:
            InputError: the folder holds no usable tokenizer.
        """
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"no usable tokenizer ({reason(error)})",
                where=str(folder),
                mend="save the tokenizer beside the model with tokenizer.save_pretrained",
            ) from None
        return cls(tokenizer, _generation_stops(folder))

    def render(self, prompt: Prompt) -> str:
        """The text of a prompt as the model sees it, special tokens of a chat template included."""
        if isinstance(prompt, str):
            return prompt
        turns = [{"role": message.role, "content": message.content} for message in prompt]
        if not self.renders_chat:
            return "\n\n".join(turn["content"] for turn in turns) + "\n\n"
        prefilled = turns[-1]["role"] == "assistant"
        return str(
            self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=not prefilled, continue_final_message=prefilled
            )
        )

    def prompt(self, prompt: Prompt) -> list[int]:
        """Token ids of a prompt; never empty (the prefix token stands for an empty one)."""
        return list(self._prompt_ids(prompt))

    def pair(self, prompt: Prompt, continuation: str) -> tuple[list[int], list[int]]:
        """Token ids of a prompt and of the continuation that is scored after it."""
        context = self.prompt(prompt)
        whole = self._ids(self.render(prompt) + continuation, special=self._adds_special(prompt))
        if not self._ids(self.render(prompt), special=self._adds_special(prompt)):
            whole = [self.prefix_id, *whole]
        return whole[: len(context)], whole[len(context) :]

    def text(self, text: str) -> list[int]:
        """Token ids of a whole text, without special tokens: what a rolling request scores."""
        return self._ids(text, special=False)

    def generation(self, prompt_ids: Sequence[int], new_ids: Sequence[int], decoding: Decoding) -> Generation:
        """Generated token ids as text, cut before the first stop string."""
        ids = list(new_ids)
        ended = next((i for i, token in enumerate(ids) if token in self.stop_ids), None)
        kept = ids if ended is None else ids[:ended]
        text = self.decode(prompt_ids, kept)
        cut = min((at for at in (text.find(stop) for stop in decoding.stop) if at >= 0), default=None)
        finish = "length" if ended is None and cut is None else "stop"
        return Generation(text if cut is None else text[:cut], len(ids), finish)

    def settled(self, prompt_ids: Sequence[int], new_ids: Sequence[int], decoding: Decoding) -> str:
        """The text so far, without the end that later tokens may still change: part of a character or of a stop."""
        said = self.generation(prompt_ids, new_ids, decoding)
        if said.finish == "stop":
            return said.text
        text = said.text.rstrip("\ufffd")
        if getattr(self.tokenizer, "clean_up_tokenization_spaces", False):
            # Such a tokenizer takes the blank before a full stop, or before n't, back.
            text = text[: max(text.rfind(" "), 0)]
        begun = (n for stop in decoding.stop for n in range(1, len(stop)) if text.endswith(stop[:n]))
        return text[: len(text) - max(begun, default=0)]

    def decode(self, prompt_ids: Sequence[int], new_ids: Sequence[int]) -> str:
        """Text of ``new_ids`` as it follows the prompt: a leading space that a bare decode would drop is kept."""
        tail = list(prompt_ids[-8:])
        before = self.tokenizer.decode(tail, skip_special_tokens=True)
        both = self.tokenizer.decode(tail + list(new_ids), skip_special_tokens=True)
        if both.startswith(before):
            return str(both[len(before) :])
        return str(self.tokenizer.decode(list(new_ids), skip_special_tokens=True))

    def forget(self) -> None:
        """Free what is remembered of prompts: for a process that outlives any set of them."""
        self._prompt_ids.cache_clear()

    @property
    def prefix_id(self) -> int:
        """The token that an empty context starts with: beginning of sequence, else end of sequence."""
        first = self.tokenizer.bos_token_id
        return int(first if first is not None else self.tokenizer.eos_token_id)

    def _encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        ids = self._ids(self.render(prompt), special=self._adds_special(prompt))
        return tuple(ids) if ids else (self.prefix_id,)

    def _adds_special(self, prompt: Prompt) -> bool:
        return isinstance(prompt, str) or not self.renders_chat

    def _ids(self, text: str, *, special: bool) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]
        first = self.tokenizer.bos_token_id
        if first is not None and ids[:2] == [first, first]:
            return ids[1:]
        return ids


def _generation_stops(folder: Path) -> list[int]:
    for path in (folder / "generation_config.json", folder / "config.json"):
        ids = read_json(path).get("eos_token_id") if path.is_file() else None
        if ids is not None:
            try:
                return [int(one) for one in (ids if isinstance(ids, list) else [ids])]
            except (OverflowError, TypeError, ValueError):
                raise InputError("eos_token_id is no token id", where=str(path), mend="correct it") from None
    return []
