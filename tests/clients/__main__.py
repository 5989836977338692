"""Generate clients from the OpenAPI document, and use them against a running desk. By hand:

    uv run python -m tests.clients [--port 8101] [--folder FOLDER]

It needs node and npm, and the registries of npm and PyPI. It starts the demo, generates with
openapi-typescript, @hey-api/openapi-ts and openapi-python-client, checks the types of the programs
beside this module with tsc, and runs them. Everything is put into the folder, by default a new one
that is removed at the end. Prints the commands and what they say; ends with 1 at the first failure.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE, CHECKOUT = Path(__file__).parent, Path(__file__).resolve().parents[2]
NPM_PACKAGES = (
    *("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "@hey-api/openapi-ts@0.99.0"),
    *("typescript@5.9.3", "tsx@4.23.15", "@types/node@20"),
)
PYTHON_PACKAGES = ("openapi-python-client==0.29.1", "ruff", "httpx", "attrs", "python-dateutil")
TSC = (
    *("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"),
    *("--moduleResolution", "bundler", "--types", "node"),
)
START_LIMIT = 120  # seconds


def main() -> None:
    """Generate all clients and use them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8101)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as new, _desk(options.port) as address:
        folder = options.folder or Path(new)
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"DESK": address, "TOKEN": _token()}
        document = folder / "openapi.json"
        with urllib.request.urlopen(f"{address}/openapi/v1/openapi.json") as answer:
            document.write_bytes(answer.read())
        _use_typescript(folder, environment)
        _use_python(folder, environment)
    print("All clients work.")


def _use_typescript(folder: Path, environment: dict[str, str]) -> None:
    for name in ("use_openapi_typescript.ts", "use_hey_api.ts"):
        shutil.copy(HERE / name, folder)
    (folder / "package.json").write_text('{"private": true, "type": "module"}')

    def run(*command: str) -> None:
        _run(command, folder, environment)

    run("npm", "install", "--silent", "--no-audit", "--no-fund", *NPM_PACKAGES)
    run("npx", "openapi-typescript", "openapi.json", "-o", "schema.d.ts")
    run("npx", "openapi-ts", "-i", "openapi.json", "-o", "client", "-c", "@hey-api/client-fetch")
    for name in ("use_openapi_typescript.ts", "use_hey_api.ts"):
        run("npx", "tsc", *TSC, name)
        run("npx", "tsx", name)


def _use_python(folder: Path, environment: dict[str, str]) -> None:
    shutil.copy(HERE / "use_python_client.py", folder)
    bin_folder = folder / "python" / "bin"
    environment = environment | {"PATH": f"{bin_folder}:{environment['PATH']}"}

    def run(*command: str) -> None:
        _run(command, folder, environment)

    run(sys.executable, "-m", "venv", "python")
    run("python/bin/python", "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES)
    run(
        *("python/bin/openapi-python-client", "generate", "--path", "openapi.json"),
        *("--meta", "none", "--output-path", "desk_client", "--overwrite", "--fail-on-warning"),
    )
    run("python/bin/python", "use_python_client.py")


def _run(command: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
    print(f"$ {' '.join(command)}", flush=True)
    if subprocess.run(command, cwd=folder, env=environment).returncode:
        raise SystemExit(f"This failed: {' '.join(command)}")


@contextmanager
def _desk(port: int) -> Iterator[str]:
    """Run the demo, and give its address."""
    demo = [sys.executable, "manage.py", "demo", "--port", str(port), "--returns", "300"]
    server = subprocess.Popen([*demo, "--no-feed"], cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    address, started = f"http://127.0.0.1:{port}", time.monotonic()
    try:
        while not _is_ready(address):
            if server.poll() is not None or time.monotonic() - started > START_LIMIT:
                raise SystemExit("The demo did not start.")
            time.sleep(0.5)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _token() -> str:
    """Return a new token of the demo with all scopes."""
    name = f"Generated clients {time.time():.0f}"
    command = [sys.executable, "manage.py", "create_api_token", name, "--days", "1"]
    for scope in ("read", "tags", "feed"):
        command += ["--scope", scope]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
