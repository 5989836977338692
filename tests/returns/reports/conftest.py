"""What tests of reports have in common."""

import pytest
from django.utils import timezone


@pytest.fixture
def at(monkeypatch):
    """Let it be a moment."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)
