"""Invented returns never mix with real ones."""

import pytest
from django.core.management import CommandError, call_command

from returns.demo.origin import is_invented, mark_as_invented, require_invented
from tests.factories import make_return

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[True, False], ids=["bundled database", "DATABASE_URL"])
def anywhere(request, settings):
    settings.LOCAL = request.param


@pytest.fixture
def external(settings):
    settings.LOCAL = False


def test_an_empty_database_may_be_filled(anywhere):
    require_invented(allow_external=True)


def test_a_database_with_real_returns_is_refused(anywhere):
    make_return()
    with pytest.raises(CommandError, match="has real returns or people") as refusal:
        require_invented(allow_external=True)
    assert refusal.value.returncode == 2


def test_a_database_with_invented_returns_may_get_more(anywhere):
    make_return()
    mark_as_invented()
    assert is_invented()
    require_invented(allow_external=True)


def test_somebodys_database_with_people_is_refused(external, agent):
    with pytest.raises(CommandError, match="has real returns or people"):
        require_invented(allow_external=True)


@pytest.mark.parametrize("command", [["demo", "--port=0"], ["generate_returns", "10"]])
def test_database_url_needs_to_be_allowed(external, command):
    with pytest.raises(CommandError, match="--allow-external") as refusal:
        call_command(*command)
    assert refusal.value.returncode == 2
