"""What claiming many returns at once has done, in sentences."""

from collections.abc import Mapping

from config.stored_texts import StoredText, stored_ntext, stored_text

MAX_NAMED_CLAIMANTS = 5


def describe_claims(
    claimed: int, own: int, completed: int, left: Mapping[str, int]
) -> list[StoredText]:
    """Return sentences about numbers of returns: claimed now, own, completed, left to whom."""
    text = stored_ntext(
        "Claimed %(count)s return.", "Claimed %(count)s returns.", claimed, count=claimed
    )
    sentences = [text]
    if own:
        sentences.append(stored_text("Yours already: %(count)s.", count=own))
    if completed:
        text = stored_text("Not claimed, because they are completed: %(count)s.", count=completed)
        sentences.append(text)
    return sentences + describe_left(left)


def describe_left(left: Mapping[str, int]) -> list[StoredText]:
    """Return sentences about the returns that stay with others, those with the most first."""
    most = sorted(left.items(), key=lambda each: (-each[1], each[0]))
    sentences = [
        stored_text("Left to %(person)s: %(count)s.", person=person, count=count)
        for person, count in most[:MAX_NAMED_CLAIMANTS]
    ]
    if rest := sum(count for _, count in most[MAX_NAMED_CLAIMANTS:]):
        sentences.append(stored_text("Left to other people: %(count)s.", count=rest))
    return sentences
