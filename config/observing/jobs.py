"""Follows each job of the background work, and tells the observers of its end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass
class ObservedJob:
    """A job by its name. ``was_needed`` tells whether there was anything to do."""

    name: str
    began_at: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    was_needed: bool = False
    has_failed: bool = False


type JobObserver = Callable[[ObservedJob], None]


@contextmanager
def observed_job(name: str) -> Iterator[ObservedJob]:
    """Tell the observers, after the block, how long the job took and whether it failed."""
    job = ObservedJob(name)
    try:
        yield job
    except BaseException:
        job.has_failed = True
        raise
    finally:
        job.seconds = time.monotonic() - job.began
        for path in settings.JOB_OBSERVERS:
            observer: JobObserver = import_string(path)
            observer(job)
