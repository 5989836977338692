"""The HTTP API under /openapi/v1."""
