"""The socket that all workers of the web server share; it imports nothing of ours."""

import contextlib
import errno
import os
import socket
import sys
from pathlib import Path

BACKLOG = 1024  # connections that wait until a worker takes them
PASSED_TO = "LISTEN_PID"  # by systemd, to the process of this number
PASSED_SOCKET = 3  # the first descriptor that systemd passes


def listening_socket(host: str, port: int) -> socket.socket:
    """Return the socket that systemd passes, or else a new one.

    Raises ``OSError`` if another program has the port.
    """
    if os.environ.get(PASSED_TO) == str(os.getpid()):
        return socket.socket(fileno=PASSED_SOCKET)
    # Without SO_REUSEPORT, which lets programs share a port.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def why_it_cannot_listen(host: str, port: int, error: OSError) -> str:
    """Return a sentence for people."""
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 and not isinstance(error, socket.gaierror) else error
    advice = "Choose another address with --host."
    if number in (errno.EADDRINUSE, errno.EACCES):
        advice = "Stop the program that uses the port, or choose another one with --port."
    return f"Cannot listen on {host}, port {port}: {reason}. {advice}"


def listen_no_more(listener: socket.socket) -> None:
    """Put a socket to which nobody connects in the place of the one that all workers share.

    The server itself only stops taking connections in the moment in which it ends, and loses some.
    """
    nobody = socket.create_server(("127.0.0.1", 0))
    nobody.setblocking(False)
    shared = os.fstat(listener.fileno()).st_ino
    for entry in Path("/proc/self/fd").iterdir() if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):  # that of the listing itself is gone
            if os.fstat(int(entry.name)).st_ino == shared:
                os.dup2(nobody.fileno(), int(entry.name))
