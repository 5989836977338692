"""What is wrong with a question put to the API, in words its program can show."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing that was not understood: where (an API name), why, a short code for programs."""

    property: str
    message: str
    code: str


class NotUnderstood(ValueError):  # noqa: N818 - it is an answer, not a failure of ours
    """A question that cannot be answered as it is; carries every mistake found, at least one."""

    def __init__(self, *mistakes: Mistake) -> None:
        """Keep the mistakes in the order they were found."""
        super().__init__("; ".join(mistake.message for mistake in mistakes))
        self.mistakes = list(mistakes)
