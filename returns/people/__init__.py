"""People: their identity on each request, their roles, and API tokens."""

# Sessions store the backend by this path; changing it would sign everybody out.
from returns.people.person import RoleBackend

__all__ = ["RoleBackend"]
