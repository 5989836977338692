"""Run a command of manage.py as in a real deployment: with a database of its own and DEBUG off."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded_postgres  # noqa: E402


def main() -> int:
    """Start a database, run the command beside it, return its exit code."""
    database = embedded_postgres.start(embedded_postgres.state_folder(ROOT).with_name("checks"))
    address = f"{quote(database['HOST'], safe='')}:{database['PORT']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{database['USER']}@{address}/{database['NAME']}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "desk.example",
    }
    return subprocess.run([sys.executable, *sys.argv[1:]], env=environment, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
