"""Trainings as jobs: who trains where, how far it came, how it ended. No daemon: all of it stands in a folder."""

from harness.training.jobs.background import send
from harness.training.jobs.cancel import cancel
from harness.training.jobs.files import JobFiles, find_job, find_jobs, log_lines
from harness.training.jobs.job import Job, Stopped
from harness.training.jobs.signals import stop_request
from harness.training.jobs.status import JobStatus, elsewhere_warning, job_status

__all__ = [
    "Job",
    "JobFiles",
    "JobStatus",
    "Stopped",
    "cancel",
    "elsewhere_warning",
    "find_job",
    "find_jobs",
    "job_status",
    "log_lines",
    "send",
    "stop_request",
]
