"""Why another API cannot be read: what may pass, what will not, and what to do about it."""

from config.stored_texts import StoredText, stored_text

# Answers by which an API says that a path besides that of returns is not there for the token.
MISSING_PATH_STATUSES = {403, 404, 405, 410, 501}
ERROR_MESSAGES = {
    400: stored_text("The API did not understand the request (400). Check RETURNS_API_URL."),
    401: stored_text("The API rejected the token (401). Check RETURNS_API_TOKEN."),
    403: stored_text(
        "The API denied access (403). Check the token's scopes and RETURNS_API_TENANT."
    ),
    404: stored_text("There is no Returns API at this address (404). Check RETURNS_API_URL."),
} | dict.fromkeys(
    (301, 302, 303, 307, 308),
    stored_text(
        "The API redirects to another address, to which the token must not be sent. Set "
        "RETURNS_API_URL to the new address."
    ),
)


class RemoteApiError(Exception):
    """The other API cannot be read; its one argument says why, for people.

    ``status`` is the one that the API answered with, if that is why.
    """

    def __init__(self, why: StoredText | str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class MissingPathError(RemoteApiError):
    """The other API has no such path, or the token may not use it."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(
            stored_text(
                "The API does not answer %(path)s (%(status)s).", path=path, status=str(status)
            ),
            status,
        )


class TransientError(Exception):
    """An error that may be gone when the page is requested again."""


class RetryAfterError(TransientError):
    """The API says when to call again, in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(stored_text("The API asked to wait."))
        self.seconds = seconds
