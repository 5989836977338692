"""Django's admin for returns and people; importing a part registers it."""

from returns.admin import people, returns

__all__ = ["people", "returns"]
