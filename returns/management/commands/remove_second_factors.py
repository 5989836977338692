from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.people.second_factor import remove_all_factors


class Command(BaseCommand):
    help = (
        "Removes the second factors and recovery codes of somebody who has lost them. The next "
        "sign-in asks for the password alone, and for a new second factor if the role needs one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them and say how many there were."""
        require_tables()
        person = User.objects.filter(username=options["name"]).first()
        if person is None:
            raise CommandError(f"Nobody is called “{options['name']}”.", returncode=2)
        number = remove_all_factors(person)
        self.stdout.write(f"Second factors of {person.get_username()} removed: {number}.")
