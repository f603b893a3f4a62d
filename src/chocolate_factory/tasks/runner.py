"""Keep data and plan fresh while serving: one loop, one boundary for what nobody expected."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.services.choose_world import World

log = structlog.get_logger()
Job = Callable[[World], None]


def run_job(name: str, job: Job, world: World) -> bool:
    """Run a job once; its failure is noted on the page and in the log, never raised."""
    try:
        with world.working(name):
            job(world)
    except ChocolateError as error:
        world.note(name, error)
        log.warning("job failed", job=name, reason=error.message, hint=error.hint)
        return False
    except Exception:
        world.note(name, ChocolateError(f"The job {name} failed inside.", "The log has the details."))
        log.exception("job failed inside", job=name)
        return False
    world.note(name, None)
    return True


class Loop:
    """A background thread that runs jobs in order, then pauses; ends within a pause when stopped."""

    def __init__(self, world: World, jobs: dict[str, Job], pause_s: float) -> None:
        self._world = world
        self._jobs = jobs
        self._pause = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keep-fresh", daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the loop to end; a job under way is not waited for."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for name, job in self._jobs.items():
                if not self._stopping.is_set():
                    run_job(name, job, self._world)
            self._stopping.wait(self._pause)
