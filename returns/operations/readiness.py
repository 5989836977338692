"""The deep check of readiness: what monitoring asks, and no load balancer."""

from typing import Any

from returns.operations.facts import Facts, read_facts


def deep_readiness() -> tuple[bool, dict[str, Any]]:
    """Return whether everything works, and the answer that says what does not."""
    facts = read_facts()
    checks = {
        "database": _database(facts),
        "migrations": {"ok": facts.waiting_migrations == 0, "waiting": facts.waiting_migrations},
        "background_work": _background_work(facts),
        "feed": {"ok": not facts.is_feed_silent, "read_seconds": _rounded(facts.feed_seconds)},
        "disk": _disk(facts),
    }
    if not facts.is_up:  # nothing is known of these
        checks = {name: checks[name] for name in ("database", "disk")}
    is_ready = all(check["ok"] for check in checks.values())
    failed = [name for name, check in checks.items() if not check["ok"]]
    return is_ready, {"status": "ready" if is_ready else "not ready", "failed": failed} | {
        "checks": checks
    }


def _database(facts: Facts) -> dict[str, Any]:
    # Without the reason, which names the server: whoever asks need not be signed in.
    return {"ok": facts.is_up}


def _background_work(facts: Facts) -> dict[str, Any]:
    ages = [worker.seen_seconds for worker in facts.workers if worker.loop != "sync"]
    return {
        "ok": not facts.missing_loops() and not facts.stuck_workers(),
        "missing": [loop.value for loop in facts.missing_loops()],
        "stuck": sorted({worker.loop.value for worker in facts.stuck_workers()}),
        "seen_seconds": _rounded(min(ages, default=None)),
    }


def _disk(facts: Facts) -> dict[str, Any]:
    return {
        "ok": not any(disk.is_nearly_full for disk in facts.disks),
        "free_percent": {disk.name: round(100 * disk.free_share, 1) for disk in facts.disks},
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
