"""Asks the web server of this computer whether it is ready, as health checks of containers do.

``python -m config.probe`` ends with exit code 0 if it is. A shell or another program is not needed.
"""

import http.client
import os
import sys

TIMEOUT = 5.0  # seconds


def main(port: int) -> int:
    """Return the exit code: 1 if the server does not answer, or is not ready."""
    hosts = os.environ.get("ALLOWED_HOSTS") or "localhost"
    host = hosts.split(",")[0].strip().removeprefix(".")
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        server.request("GET", "/readyz", headers={"Host": host})
        answer = server.getresponse()
        text = answer.read().decode()
    except OSError as error:
        print(f"The web server does not answer: {error}")  # noqa: T201
        return 1
    print(text)  # noqa: T201
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
