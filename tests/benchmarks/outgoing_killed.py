"""Background work that is killed again and again loses no message. Run by hand:

    uv run python -m tests.benchmarks.outgoing_killed [--kills 50] [--seconds 3]

On a database of its own. ``manage.py work`` runs in a process of its own, and is killed (SIGKILL)
at a moment that is drawn after it has begun, while returns are created, arrive, are tagged and are completed. Five
receivers are told of everything: a good one, and one each that is slow, fails, lies and dies, each
now and then. At last the work may end. Printed: the ledger of each receiver, compared with the
events: what is missing, what came out of order for its return, and doubles that differ.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack

from tests.benchmarks.pages import CHECKOUT, _environment, _server

KINDS = {"good": 1.0, "slow": 0.01, "failing": 0.03, "lying": 0.03, "dying": 0.03}
WORK = [sys.executable, "manage.py", "work"]
LET_GO = 600  # seconds, for all that waits at last


def main() -> None:
    """Kill and compare, in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _run(options)
        return
    with _server() as connect:
        environment = _environment(connect("outgoing_killed", fresh=True))
        environment |= {"OUTGOING_ALLOWED_HOSTS": "127.0.0.1", "OUTGOING_THREADS": "6"}
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, env=environment, cwd=CHECKOUT, check=True)
        this = [sys.executable, "-m", "tests.benchmarks.outgoing_killed", "--measure"]
        given = ["--kills", str(options.kills), "--seconds", str(options.seconds)]
        subprocess.run([*this, *given], env=environment, cwd=CHECKOUT, check=True)


def _run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from tests.receiver import running

    with ExitStack() as stack:
        receivers = {
            kind: stack.enter_context(running(kind, odds=odds, statuses=[500] * 100_000))
            for kind, odds in KINDS.items()
        }
        _subscribe(receivers)
        struck = _kill_often(options.kills, options.seconds)
        print(f"killed {options.kills} times; deliveries waiting then: {struck}", flush=True)
        _let_go()
        for kind, receiver in receivers.items():
            _compare(kind, receiver)


def _subscribe(receivers) -> None:
    from returns.models import EventType, Subscription
    from returns.outgoing import editing
    from returns.people.roles import ADMIN
    from tests.factories import make_person

    owner = make_person("hooker", ADMIN)
    for kind, receiver in receivers.items():
        editing.create(
            Subscription(
                owner=owner,
                name=kind,
                types=EventType.values,
                address=receiver.address,
                rate=6_000,
            )
        )


def _kill_often(kills: int, seconds: float) -> list[int]:
    from returns.models import Delivery, Heartbeat, Subscription

    waiting = []
    for number in range(kills):
        work = subprocess.Popen(WORK, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
        while not Heartbeat.objects.filter(pid=work.pid).exists():
            _happen(number)
            time.sleep(0.4)
        end = time.monotonic() + random.random() * seconds
        while time.monotonic() < end:
            _happen(number)
            time.sleep(0.4)
        work.send_signal(signal.SIGKILL)
        work.wait()
        waiting.append(Delivery.objects.filter(status="waiting").count())
        Subscription.objects.update(retry_at=None)  # pauses would take longer than all of this
    return waiting


def _happen(number: int) -> None:
    from django.utils import timezone

    from returns.models import Return
    from tests.factories import make_return, put_tag

    now = timezone.now()
    record = make_return(f"Return-{number}-{os.urandom(6).hex()}", created_at=now)
    put_tag(record, "books")
    row = Return.objects.filter(pk=record.pk)
    row.update(state="ArrivedToWarehouse", arrived_to_warehouse_at=now)
    if random.random() < 0.5:
        row.update(state="Completed", completed_at=now)


def _let_go() -> None:
    from django.db.models.functions import Now

    from returns.models import Delivery, Subscription

    work = subprocess.Popen(WORK, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    end = time.monotonic() + LET_GO
    while time.monotonic() < end:
        Subscription.objects.update(retry_at=None, minute_at=None)
        Delivery.objects.filter(status="waiting").update(try_at=Now())
        if not Delivery.objects.filter(status="waiting").exists():
            time.sleep(2)
            break
        time.sleep(0.2)
    work.terminate()
    work.wait()


def _compare(kind: str, receiver) -> None:
    from returns.models import OutgoingEvent

    events = dict(OutgoingEvent.objects.order_by("pk").values_list("message_id", "record_id"))
    expected: dict[int, list[str]] = defaultdict(list)
    for message, record in events.items():
        expected[record].append(str(message))
    bodies: dict[str, set[bytes]] = defaultdict(set)
    first: dict[int, list[str]] = defaultdict(list)
    known = {str(message): record for message, record in events.items()}
    for headers, body in receiver.ledger:
        message = headers["webhook-id"]
        if message not in bodies:
            first[known[message]].append(message)
        bodies[message].add(body)
    missing = len(known.keys() - bodies.keys())
    disordered = sum(first[record] != messages for record, messages in expected.items())
    differing = sum(len(each) > 1 for each in bodies.values())
    print(
        f"{kind}: {len(receiver.ledger):,} requests, {len(bodies):,} of {len(known):,} events, "
        f"{len(receiver.ledger) - len(bodies):,} doubles; missing {missing}, returns out of order "
        f"{disordered}, doubles that differ {differing}; at most {receiver.most_at_once} at once",
        flush=True,
    )


if __name__ == "__main__":
    main()
