"""Writes what is in the bundled PostgreSQL to standard output, as SQL for any server from 15 on.

uv run python docs/deploy/dump_bundled.py >returns.sql
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from config import embedded_postgres, postgres_server  # noqa: E402

# A setting of the session that servers before 17 do not know, and refuse.
TOO_NEW = b"SET transaction_timeout = 0;\n"


def main() -> int:
    """Dump the data of this checkout, and return the exit code of pg_dump."""
    database = embedded_postgres.start(embedded_postgres.state_folder(ROOT))
    where = [f"--host={database['HOST']}", f"--port={database['PORT']}"]
    command = [str(postgres_server.PROGRAMS / "pg_dump"), *where, f"--username={database['USER']}"]
    dump = subprocess.Popen(  # noqa: S603
        [*command, "--no-owner", "--no-acl", database["NAME"]], stdout=subprocess.PIPE
    )
    assert dump.stdout  # noqa: S101
    is_head = True
    for line in dump.stdout:
        if is_head and line == TOO_NEW:
            is_head = False
            continue
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return dump.wait()


if __name__ == "__main__":
    sys.exit(main())
