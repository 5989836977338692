from typing import Any

from django.core.management.base import BaseCommand

from config.schema import require_tables
from returns.people.roles import set_up_roles


class Command(BaseCommand):
    help = "Creates the roles, or resets their permissions to the table in docs/deploy.md."

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up the roles and print their names."""
        require_tables()
        self.stdout.write(f"Roles are set up: {', '.join(set_up_roles())}")
