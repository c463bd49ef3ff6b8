"""The corpus of the reference model: one file a skill, each a seeded grammar; no sentence is in both splits."""

from harness.reference.corpus import (
    arithmetic,
    code,
    intent,
    medical,
    refusal,
    rewrite,
    sentiment,
    summary,
    support_queue,
    topic,
    translation,
    world_facts,
    world_text,
)
from harness.reference.corpus.rows import Row, Skill, Split, draw_rows, sentences, split_of

#: Training rows a skill: about as many as it takes to be learnt, not more.
TRAINING_ROWS: dict[str, int] = {
    "sentiment": 6000,
    "topic": 3000,
    "intent": 3500,
    "world_facts": 6000,
    "arithmetic": 6000,
    "translation": 5500,
    "rewrite": 4000,
    "summary": 4500,
    "medical": 5000,
    "refusal": 4500,
    "code": 4500,
    "world_text": 3000,
}
_MODULES = (
    sentiment, topic, intent, world_facts, arithmetic, translation, rewrite, summary, medical, refusal, code, world_text,
)  # fmt: skip
SKILLS: dict[str, Skill] = {module.SKILL.name: module.SKILL for module in _MODULES}


def training_rows(seed: int, share: float = 1.0) -> list[Row]:
    """All training rows, skill by skill; ``share`` of them for a quick rebuild."""
    return [
        row
        for name, count in TRAINING_ROWS.items()
        for row in draw_rows(SKILLS[name], "train", max(1, round(count * share)), seed)
    ]


def skill_of(name: str) -> Skill:
    """A skill by name: one of the reference model's, or the one that only adapters learn."""
    return support_queue.SKILL if name == support_queue.SKILL.name else SKILLS[name]


def held_out_rows(skill: str, count: int, seed: int) -> list[Row]:
    """Rows of one skill whose sentences no training row contains."""
    return list(draw_rows(skill_of(skill), "held_out", count, seed))


def shared_sentences(training: list[Row], held_out: list[Row]) -> set[str]:
    """Normalised sentences that rows of both splits contain.

    Looked at are each row's own words: the text put to the model without the fixed instruction around it, and the
    answer of skills whose answer is a text of its own (a translation, a summary). Answers from a closed list,
    fixed advice and code idioms may repeat: a model is to learn them.
    """
    return _all_sentences(training) & _all_sentences(held_out)


def _all_sentences(rows: list[Row]) -> set[str]:
    own_answers = {"translation", "rewrite", "summary", "world_text"}
    found: set[str] = set()
    for row in rows:
        found |= sentences(row.text)
        if row.skill in own_answers:
            found |= sentences(row.response)
    return found


__all__ = [
    "SKILLS",
    "TRAINING_ROWS",
    "Row",
    "Skill",
    "Split",
    "draw_rows",
    "held_out_rows",
    "shared_sentences",
    "skill_of",
    "split_of",
    "training_rows",
]
