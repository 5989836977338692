"""The HTTP API under /openapi/v1."""

BASE_PATH = "/openapi/v1"
