"""What people are told while the background work is killed, and of 100,000 returns. Run by hand:

    uv run python -m tests.benchmarks.notifying [--kills 20] [--size 100000]

On a database of its own. Three notifications tell when a return begins to match: at the bell, by e-mail to a real SMTP
server that refuses now and then, and in a chat. ``manage.py work`` runs in a process of its own, and is killed
(SIGKILL) at moments that are drawn. Then so many returns are written at once. Printed: how many returns each of the
three told, and in how many messages; and how long 50 such notifications take to match a batch of 5,000.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time

from tests.benchmarks.pages import CHECKOUT, _environment, _server

WORK = [sys.executable, "manage.py", "work"]
LET_GO = 300  # seconds
BATCH, FILTERS = 5_000, 50


def main() -> None:
    """Kill and count, in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _run(options)
        return
    with _server() as connect:
        environment = _environment(connect("notifying", fresh=True))
        environment |= {"OUTGOING_ALLOWED_HOSTS": "127.0.0.1", "EMAIL_HOST": "127.0.0.1"}
        environment |= {"DEFAULT_FROM_EMAIL": "desk@desk.example"}
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, env=environment, cwd=CHECKOUT, check=True)
        this = [sys.executable, "-m", "tests.benchmarks.notifying", "--measure"]
        given = ["--kills", str(options.kills), "--size", str(options.size)]
        subprocess.run([*this, *given], env=environment, cwd=CHECKOUT, check=True)


def _run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from returns.models import Subscription
    from tests.mail_server import mail_server
    from tests.receiver import running

    with mail_server(*["451 Later"] * 3) as server, running() as chat:
        os.environ["EMAIL_PORT"] = str(server.port)
        people = _subscribe(chat.address)
        for number in range(options.kills):
            work = subprocess.Popen(WORK, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 3 + random.random() * 3
            while time.monotonic() < end:
                _happen(1 + number % 3)
                _hurry()
                time.sleep(0.3)
            work.send_signal(signal.SIGKILL)
            work.wait()
        work = subprocess.Popen(WORK, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
        _let_go()
        _report(f"killed {options.kills} times", people, server, chat)
        server.mails.clear()
        chat.ledger.clear()
        began = time.monotonic()
        for _ in range(options.size // BATCH):
            _happen(BATCH)
        print(f"{options.size:,} returns written in {time.monotonic() - began:.0f} s", flush=True)
        _let_go()
        _report(f"{options.size:,} returns at once", people, server, chat)
        work.terminate()
        work.wait()
    Subscription.objects.update(is_on=False)
    _match()


def _subscribe(address: str) -> list:
    from returns.models import Channel, Occasion
    from returns.people.roles import ADMIN
    from tests.factories import make_person
    from tests.returns.outgoing.subscribing import notify

    owner = make_person("told", ADMIN, email="told@desk.example")
    more = {Channel.CHAT: {"address": address}}
    return [
        notify(owner, Occasion.MATCH, each, name=each.value, **more.get(each, {}))
        for each in (Channel.BELL, Channel.EMAIL, Channel.CHAT)
    ]


def _happen(number: int) -> None:
    from tests.factories import make_returns

    make_returns([{"return_reference_number": f"R-{os.urandom(8).hex()}"} for _ in range(number)])


def _hurry() -> None:
    """Let pauses and the time of collecting be over, which would take longer than all of this."""
    from datetime import timedelta

    from django.db.models.functions import Now

    from returns.models import Delivery, Subscription

    Subscription.objects.update(retry_at=None, minute_at=None)
    if random.random() < 0.7:
        long_ago = Now() - timedelta(minutes=1)
        Delivery.objects.filter(status="waiting").update(try_at=Now(), made_at=long_ago)


def _let_go() -> None:
    from django.db.models.functions import Now

    from returns.models import Delivery, OutgoingEvent, Subscription

    end = time.monotonic() + LET_GO
    while time.monotonic() < end:
        waiting = Delivery.objects.filter(status="waiting")
        if not waiting.exists() and not OutgoingEvent.objects.filter(spread_at=None).exists():
            break
        Subscription.objects.update(retry_at=None, minute_at=None)
        waiting.update(try_at=Now())
        time.sleep(1)


def _report(what: str, people: list, server, chat) -> None:
    from returns.models import Delivery, Notice, Return

    number = Return.objects.count()
    ids = [mail["Message-ID"] for mail in server.mails]
    print(
        f"{what}: {number:,} returns in all; notices {Notice.objects.count()}, mails {len(ids)} "
        f"(doubles with the same id: {len(ids) - len(set(ids))}), chat {len(chat.ledger)}"
    )
    for each in people:
        sent = Delivery.objects.filter(subscription=each, status="sent")
        told = sum(sent.values_list("event__details__count", flat=True))
        left = Delivery.objects.filter(subscription=each, status="waiting").count()
        print(f"  {each.channel}: told {told:,} of {number:,}, waiting {left}", flush=True)
    Notice.objects.all().delete()


def _match() -> None:
    """Match a batch against many notifications, whose filters differ."""
    from django.contrib.auth.models import User

    from returns.models import Channel, Occasion, OutgoingEvent, Return, Subscription
    from returns.outgoing.spreading import spread_next
    from tests.returns.outgoing.subscribing import notify

    Subscription.objects.all().delete()
    owner = User.objects.get(username="told")
    for number in range(FILTERS):
        parameters = {"carrier": [f"C{number}"], "state": ["ReturnCreated"]}
        # Written without the limit for a person.
        made = notify(owner, Occasion.MATCH, name=str(number), parameters=parameters)
        Subscription.objects.filter(pk=made.pk).update(channel=Channel.CHAT)
    ids = list(Return.objects.values_list("pk", flat=True)[:BATCH])
    for number in range(FILTERS):
        some = ids[number::FILTERS]
        Return.objects.filter(pk__in=some).update(cargo_carrier=f"C{number}")
    events = OutgoingEvent.objects.filter(spread_at=None).count()
    began = time.monotonic()
    while spread_next():
        pass
    seconds = time.monotonic() - began
    print(f"{events:,} events matched against {FILTERS} notifications in {seconds:.2f} s")


if __name__ == "__main__":
    main()
