"""What the API answers instead of what was asked, and why."""

from collections.abc import Iterable, Mapping

from returns.api.mistakes import Mistake


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """The answer to a call that gets nothing else: its status, a code for programs, the reason."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        mistakes: Iterable[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.mistakes = list(mistakes)
        self.headers = dict(headers or {})


class TooManyCallsError(Refusal):
    """A token made more calls within a minute than it may; ``wait`` is in seconds."""

    def __init__(self, limit: int, wait: int) -> None:
        """Say how long to wait."""
        message = f"More than {limit} calls within a minute. The next one may come in {wait} s."
        super().__init__(429, "too_many_calls", message, headers={"Retry-After": str(wait)})
