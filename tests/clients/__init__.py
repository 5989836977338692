"""Clients that are generated from the OpenAPI document, used against a running desk, by hand."""
