"""Tasks: definition, data, prompts, requests, and what is read from the answers."""

from harness.tasks.border import continuation
from harness.tasks.definition import TaskDefinition
from harness.tasks.registry import find_tasks, known_packs
from harness.tasks.task import Task

__all__ = ["Task", "TaskDefinition", "continuation", "find_tasks", "known_packs"]
