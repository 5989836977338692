from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.models import ApiToken, Scope
from returns.people.tokens import DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS, is_name_taken, issue


class Command(BaseCommand):
    help = (
        "Creates a token for a program that uses the API, and prints it alone on the last line. "
        "It is shown only once: only its hash is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", metavar="NAME", help="the name of the program, as timelines show it"
        )
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="may be repeated"
        )
        validity = parser.add_mutually_exclusive_group()
        validity.add_argument(
            "--days",
            type=int,
            metavar="N",
            default=DEFAULT_TOKEN_DAYS,
            help="days until the token expires; default %(default)s",
        )
        validity.add_argument(
            "--never-expires",
            action="store_const",
            const=None,
            dest="days",
            help="keep the token valid until it is revoked",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token and print it."""
        days = options["days"]
        if days is not None and not 1 <= days <= MAX_TOKEN_DAYS:
            raise CommandError(f"--days must be a number from 1 to {MAX_TOKEN_DAYS}.", returncode=2)
        require_tables()
        token = ApiToken(name=options["name"].strip(), scopes=list(dict.fromkeys(options["scope"])))
        try:
            token.clean_fields(exclude=["start", "digest"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if is_name_taken(token.name):
            raise CommandError(
                f"A token named “{token.name}” already exists. Revoke it, or choose another name.",
                returncode=2,
            )
        secret = issue(token, days=days)
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
        self.stdout.write(
            f"{token}: scopes {', '.join(token.scopes)}; valid {until}. The token, shown only once:"
        )
        self.stdout.write(secret)
