from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.models import ApiToken, Scope
from returns.people.tokens import MOST_DAYS, is_name_taken, issue


class Command(BaseCommand):
    help = (
        "Makes a token for a program that uses the API, and prints it alone on the last line. "
        "It is shown this once: only its hash is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the program; timelines call it so")
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="may be repeated"
        )
        parser.add_argument("--days", type=int, metavar="N", help="good for so many days")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token and print it."""
        days = options["days"]
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days is a number from 1 to {MOST_DAYS}.", returncode=2)
        require_tables()
        token = ApiToken(name=options["name"].strip(), scopes=list(dict.fromkeys(options["scope"])))
        try:
            token.clean_fields(exclude=["start", "digest"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if is_name_taken(token.name):
            raise CommandError(
                f"There is a token “{token.name}” already. Revoke it, or choose another name.",
                returncode=2,
            )
        secret = issue(token, days=days)
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
        self.stdout.write(f"{token} may {', '.join(token.scopes)}, {until}. Its token, once:")
        self.stdout.write(secret)
