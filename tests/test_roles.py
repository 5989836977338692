import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from returns.people import roles

pytestmark = pytest.mark.django_db


def test_setup_roles_brings_a_changed_role_back_to_the_matrix(capsys):
    role = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    role.permissions.clear()
    call_command("setup_roles")
    names = {f"{p.content_type.app_label}.{p.codename}" for p in role.permissions.all()}
    assert names == roles.PERMISSIONS[roles.CUSTOMER_SERVICE]
    assert "Warehouse manager" in capsys.readouterr().out


def test_only_managers_and_admins_create_tags(agent, manager, admin):
    assert [p.has_perm("tags.add_tag") for p in (agent, manager, admin)] == [False, True, True]


def test_permissions_given_past_the_roles_do_not_count(agent):
    agent.user_permissions.set(Group.objects.get(name=roles.ADMIN).permissions.all())
    assert not agent.has_perm("returns.change_return")
