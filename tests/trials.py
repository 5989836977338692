"""On how many examples a property is tried: the profile, HYPOTHESIS_PROFILE, says which share."""

import os
from collections.abc import Iterable
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings

# For each hundred examples that a test asks for.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=20, deadline=None)
settings.register_profile("whole", max_examples=100, deadline=None)


def load_profile() -> None:
    """Use the profile that the environment names; ``dev`` where it names none."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def tried_on(examples: int, **more: Any) -> settings:
    """Return the settings of a property that is tried on so many examples, or a share of them.

    Fixtures are made once for all examples of a test, which is what our tests expect.
    """
    checks = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}
    share = settings().max_examples
    return settings(max_examples=max(1, examples * share // 100), **(checks | more))


def share_of[T](items: Iterable[T], chance: Random) -> list[T]:
    """Return as large a share of the items, chosen at random, as the profile has of examples."""
    return [item for item in items if chance.random() * 100 < settings().max_examples]
