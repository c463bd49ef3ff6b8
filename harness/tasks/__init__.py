"""Tasks: definition, data, prompts, requests, and what is read from the answers."""

from harness.tasks.base import Task
from harness.tasks.border import continuation
from harness.tasks.checks import Problem, check_task
from harness.tasks.definition import TaskDefinition
from harness.tasks.registry import find_tasks, known_packs
from harness.tasks.scaffold import new_pack
from harness.tasks.task import PackTask

__all__ = [
    "PackTask",
    "Problem",
    "Task",
    "TaskDefinition",
    "check_task",
    "continuation",
    "find_tasks",
    "known_packs",
    "new_pack",
]
