"""People: who they are on each request, their roles, and the tokens of programs."""

# Sessions name the backend by this path: under another one everybody would be signed out.
from returns.people.person import RoleBackend

__all__ = ["RoleBackend"]
