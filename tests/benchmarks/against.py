"""Compare what pages cost here with what they cost in another checkout, in one run.

Both need data of their own, such as 20,000 generated returns:

    git clone -q . /tmp/before && git -C /tmp/before checkout -q <commit>
    (cd /tmp/before && python manage.py migrate && python manage.py generate_returns 20000)
    uv run python -m tests.benchmarks.against /tmp/before

Prints the processor time of each page in ms, here in each language, and the ratio. Rounds alternate
between the checkouts, and the best of each counts; the machine should have nothing else to do.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

LANGUAGES = ("en", "tr", "de")
ROUNDS, TIMES = 10, 15
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
PAGES = {
    "list": ("/returns/", {}),
    "list, fragment": ("/returns/", HTMX),
    "return": ("/returns/{reference}/", {}),
    "queue": ("/queue/?queue=to_inspect", {}),
    "report": ("/reports/flow/", {}),
    "tags": ("/tags/", {}),
}


def measure(language: str) -> None:
    """Measure all pages in the checkout of the working directory, once for each line of input."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from returns.models import Preferences, Return

    settings.ALLOWED_HOSTS = ["testserver"]
    person, _ = User.objects.get_or_create(username="benchmark")
    person.groups.set(Group.objects.filter(name="Warehouse manager"))
    if hasattr(Preferences, "language"):
        Preferences.objects.update_or_create(user=person, defaults={"language": language})
    client = Client()
    client.force_login(person, backend="returns.people.RoleBackend")
    arrived = Return.objects.filter(state="ArrivedToWarehouse").order_by("pk")
    reference = arrived.values_list("return_reference_number", flat=True).first()
    paths = {
        name: (path.format(reference=reference), headers) for name, (path, headers) in PAGES.items()
    }
    for _line in sys.stdin:
        best = {}
        for name, (path, headers) in paths.items():
            durations = []
            for _time in range(TIMES):
                start = time.thread_time()
                client.get(path, headers=headers)
                durations.append(time.thread_time() - start)
            best[name] = 1000 * min(durations)
        print(json.dumps(best), flush=True)


def compare(other: Path) -> None:
    """Print the cost of each page in the other checkout and here."""
    here = Path.cwd()
    runs = {"before": (other, "en")} | {language: (here, language) for language in LANGUAGES}
    script = ["-c", f"import runpy; runpy.run_path({__file__!r})['measure']('LANGUAGE')"]
    processes = {}
    for name, (folder, language) in runs.items():
        arguments = [each.replace("LANGUAGE", language) for each in script]
        processes[name] = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    best: dict[str, dict[str, float]] = {name: {} for name in runs}
    for _round in range(ROUNDS):
        for name, process in processes.items():
            process.stdin.write("\n")
            process.stdin.flush()
            for page, cost in json.loads(process.stdout.readline()).items():
                best[name][page] = min(cost, best[name].get(page, cost))
    for page in PAGES:
        before = best["before"][page]
        costs = (
            f"{name} {best[name][page]:.1f} ({best[name][page] / before:.2f})" for name in runs
        )
        print(f"{page:15}", "  ".join(costs))
    for process in processes.values():
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    compare(Path(sys.argv[1]))
