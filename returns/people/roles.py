"""The roles and their permissions; docs/deploy.md and the tests have the table."""

from django.contrib.auth.models import Group, Permission

CUSTOMER_SERVICE = "Customer service"
WAREHOUSE_MANAGER = "Warehouse manager"
ADMIN = "Admin"

_AGENT = {
    "returns.view_return",
    "returns.tag_return",
    "returns.comment_return",
    "returns.claim_return",
    "tags.view_tag",
    "tags.view_taggroup",
}
_MANAGER = _AGENT | {
    "tags.add_tag",
    "tags.change_tag",
    "tags.delete_tag",
    "tags.add_taggroup",
    "tags.change_taggroup",
    "tags.delete_taggroup",
    "returns.tag_many_returns",
    "returns.export_all_returns",
    "returns.share_view",
    "returns.change_tagrule",
    "returns.change_macro",
    "returns.change_deadlinepolicy",
    "returns.change_feedrun",
    "returns.change_shoppersentence",
    "returns.make_webhook",
}
_ADMIN = _MANAGER | {
    "returns.tag_all_returns",
    "returns.change_return",
    "returns.delete_return",
    "returns.view_deletedreturn",
    "returns.redact_return",
    "returns.view_redaction",
    "returns.view_shopper_data",
    "returns.view_shopper_name",
    "returns.delete_comment",
    "returns.view_carrier",
    "returns.add_carrier",
    "returns.change_carrier",
    "returns.delete_carrier",
    "returns.view_apitoken",
    "returns.add_apitoken",
    "returns.change_apitoken",
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "auth.view_group",
    "returns.view_accessevent",
    "returns.view_retention",
    "returns.view_status",
    "returns.change_all_subscriptions",
    "returns.view_tokenuse",
    "mfa.view_authenticator",
    "mfa.delete_authenticator",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
}

PERMISSIONS = {
    CUSTOMER_SERVICE: _AGENT,
    WAREHOUSE_MANAGER: _MANAGER | {"returns.start_at_queue"},
    ADMIN: _ADMIN,
}


def set_up_roles() -> list[str]:
    """Create the roles, or reset their permissions to the table; return their names.

    Raises ``LookupError`` with the permissions that no installed app has.
    """
    for name, wanted in PERMISSIONS.items():
        role, _ = Group.objects.get_or_create(name=name)
        role.permissions.set(_permissions(wanted))
    return list(PERMISSIONS)


def _permissions(wanted: set[str]) -> list[Permission]:
    by_name = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    if missing := wanted - by_name.keys():
        raise LookupError(f"No such permission: {', '.join(sorted(missing))}")
    return [by_name[name] for name in sorted(wanted)]
