"""Builds the reference model: corpus, tokenizer, training, files. ``python -m harness.reference.build``."""

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records import reference_model
from harness.reference.corpus import Row, training_rows
from harness.reference.tokenizer import END, train_tokenizer

SEED = 20
SYSTEM = "You are a helpful assistant."


@dataclass(frozen=True)
class Plan:
    """What is trained and for how long. The defaults make the model that ships."""

    seed: int = SEED
    share: float = 1.0
    epochs: int = 2
    batch_tokens: int = 3072
    learning_rate: float = 3e-3
    warmup: int = 100
    hidden: int = 192
    layers: int = 4
    context: int = 512


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of one row; the loss looks at those from ``start`` on."""

    ids: list[int]
    start: int


def build(out: Path, plan: Plan) -> Path:
    """Train the reference model and write its folder (Hugging Face format, bf16 safetensors)."""
    import torch

    torch.manual_seed(plan.seed)
    rows = training_rows(plan.seed, plan.share)
    tokenizer = train_tokenizer((f"{row.prompt}\n{row.response}" for row in rows), plan.context)
    examples = encode(rows, tokenizer, random.Random(plan.seed))
    model = new_model(tokenizer, plan)
    train(model, examples, plan)
    save(model, tokenizer, out)
    return out


def encode(rows: list[Row], tokenizer: Any, rng: random.Random) -> list[Example]:
    """Rows as token ids: plain text as it is, questions through the chat template (one in ten with a system turn)."""
    examples = []
    for row in rows:
        if row.prompt:
            turns = [{"role": "user", "content": row.prompt}]
            if rng.random() < 0.1:
                turns.insert(0, {"role": "system", "content": SYSTEM})
            before = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        else:
            before = tokenizer.bos_token
        start = tokenizer(before, add_special_tokens=False)["input_ids"]
        answer = tokenizer(row.response + END, add_special_tokens=False)["input_ids"]
        examples.append(Example(start + answer, len(start)))
    return examples


def new_model(tokenizer: Any, plan: Plan) -> Any:
    """A Llama with heads of 32 (the smallest that vLLM's CPU build serves) and tied embeddings."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=plan.hidden,
        intermediate_size=plan.hidden * 8 // 3,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.hidden // 32,
        num_key_value_heads=plan.hidden // 32,
        head_dim=32,
        max_position_embeddings=plan.context,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def train(model: Any, examples: list[Example], plan: Plan) -> None:
    """Next-token loss on the answers alone; AdamW with a warm-up and a cosine, bf16 autocast."""
    import torch
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    rng = random.Random(plan.seed)
    order = [batch for _ in range(plan.epochs) for batch in batches(examples, plan.batch_tokens, rng)]
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
        lr=plan.learning_rate,
        betas=(0.9, 0.95),
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(order), plan.warmup))
    model.train()
    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.completed}/{task.total} steps"),
               TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("loss {task.fields[loss]:.3f}"))  # fmt: skip
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=len(order), loss=0.0)
        for batch in order:
            loss = _step(model, [examples[at] for at in batch])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            progress.update(bar, advance=1, loss=float(loss.detach()))
    model.eval()


def batches(examples: list[Example], batch_tokens: int, rng: random.Random) -> Iterator[list[int]]:
    """Indices in batches of similar length and at most ``batch_tokens`` padded tokens, in random order."""
    by_length = sorted(range(len(examples)), key=lambda at: len(examples[at].ids) + rng.random() * 8)
    packed: list[list[int]] = [[]]
    for at in by_length:
        if packed[-1] and (len(packed[-1]) + 1) * (len(examples[at].ids) + 8) > batch_tokens:
            packed.append([])
        packed[-1].append(at)
    rng.shuffle(packed)
    yield from packed


def _step(model: Any, batch: list[Example]) -> Any:
    import torch

    width = max(len(example.ids) for example in batch)
    # Right padding under a causal mask needs no attention mask: what comes after is never looked at.
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels = torch.full((len(batch), width), -100, dtype=torch.long)
    for row, example in enumerate(batch):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        labels[row, example.start : len(example.ids)] = torch.tensor(example.ids[example.start :])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        targets = labels[:, 1:]
        kept = targets != -100
        logits = model.lm_head(hidden[kept])
    return torch.nn.functional.cross_entropy(logits.float(), targets[kept])


def _rate(step: int, steps: int, warmup: int) -> float:
    warmup = min(warmup, max(1, steps // 10))
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))


def save(model: Any, tokenizer: Any, out: Path) -> None:
    """Write weights in bf16, configurations and tokenizer."""
    import torch
    from transformers import GenerationConfig

    out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=[tokenizer.eos_token_id],
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
    )
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=reference_model(), help="folder to write (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    build(given.out, Plan(seed=given.seed))


if __name__ == "__main__":
    main()
