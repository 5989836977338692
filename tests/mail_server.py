"""A real SMTP server that keeps what it gets, or refuses it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """``mails`` has what was accepted; ``refusals`` are answered first, one after the other."""

    def __init__(self, refusals: list[str]) -> None:
        self.refusals = refusals
        self.mails: list[EmailMessage] = []
        self.guard = threading.Lock()
        self.port = 0

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        with self.guard:
            if self.refusals:
                return self.refusals.pop(0)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Accepted"

    def as_mailers(self) -> dict[str, Any]:
        """Return the setting by which Django sends mail there."""
        options = {"host": "127.0.0.1", "port": self.port, "timeout": 5}
        backend = "django.core.mail.backends.smtp.EmailBackend"
        return {"default": {"BACKEND": backend, "OPTIONS": options}}


class _Controller(Controller):
    """Takes any free port."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(*refusals: str) -> Iterator[MailServer]:
    """Run a server for the block."""
    server = MailServer(list(refusals))
    controller = _Controller(server, hostname="127.0.0.1", port=0)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()
