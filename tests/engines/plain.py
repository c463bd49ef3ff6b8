"""What engines are held against: a plain transformers + PEFT loop, one prompt at a time, no batching, no cache."""

from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, GenerationConfig

from harness.engines import Encoder
from harness.records import Prompt


class PlainLoop:
    """One base with at most one adapter, asked one prompt at a time in float32."""

    def __init__(self, base: Path, adapter: Path | None = None) -> None:
        model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        if adapter is not None:
            model = PeftModel.from_pretrained(model, adapter)
        model.generation_config = GenerationConfig()
        self.model = model.eval()
        self.encoder = Encoder.load(base)

    @torch.inference_mode()
    def text(self, prompt: Prompt, max_tokens: int) -> str:
        ids = torch.tensor([self.encoder.prompt(prompt)])
        config = GenerationConfig(
            max_new_tokens=max_tokens, do_sample=False, eos_token_id=sorted(self.encoder.stop_ids), pad_token_id=0
        )
        new = self.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=config)
        return str(self.encoder.tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True))

    @torch.inference_mode()
    def logprobs(self, prompt: Prompt, continuation: str) -> list[float]:
        context, rest = self.encoder.pair(prompt, continuation)
        logits = self.model(input_ids=torch.tensor([context + rest])).logits[0]
        virtual = logits.shape[0] - len(context) - len(rest)
        scored = logits[virtual + len(context) - 1 : -1].log_softmax(-1)
        return [float(scored[i, token]) for i, token in enumerate(rest)]
