"""Tasks written for lm-evaluation-harness, run as they are."""

from harness.tasks.foreign.convert import import_task
from harness.tasks.foreign.select import PREFIX, is_lm_eval, tasks_by_name, tasks_of_file, tasks_of_folder
from harness.tasks.foreign.task import LmEvalTask

__all__ = ["PREFIX", "LmEvalTask", "import_task", "is_lm_eval", "tasks_by_name", "tasks_of_file", "tasks_of_folder"]
