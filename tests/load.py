"""Callers who write to a desk at once and read it, and the ledger of what they were told."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.deployed import Site

PAUSE = 0.02  # seconds between two writes of one caller


@dataclass
class Ledger:
    """What was acknowledged, what failed and how long that took, and what was read wrongly."""

    acknowledged: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def callers(site: Site, write: Callable[[Site, str], bool], number: int = 4) -> Iterator[Ledger]:
    """Let callers write references of their own until the block ends.

    After each that was acknowledged, the list is searched for it.
    """
    ledger, stopping = Ledger(), threading.Event()

    def call(caller: int) -> None:
        count = 0
        while not stopping.is_set():
            count += 1
            reference, began = f"Ledger-{caller}-{count}", time.monotonic()
            try:
                if write(site, reference):
                    ledger.acknowledged.append(reference)
                    ledger.at.append(time.monotonic())
                    _check(site, reference, ledger)
                else:
                    raise ConnectionError("not acknowledged")
            except (OSError, http.client.HTTPException) as error:
                ledger.failures.append((time.monotonic() - began, str(error)))
            time.sleep(PAUSE)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _check(site: Site, reference: str, ledger: Ledger) -> None:
    began = time.monotonic()
    answer = site.get(f"/returns/?q={reference}", timeout=10)
    if answer.status == 503:
        ledger.failures.append((time.monotonic() - began, "503"))
    elif f'"/returns/{reference}/' not in answer.text:
        ledger.wrong.append(reference)
