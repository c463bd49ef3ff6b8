"""The reference model, the embedded default: its corpus, its build, its card, and the packs drawn from its world."""
