"""Forgetting, watched while a model is trained: probes, general text, limits, and stopping where one is crossed."""
