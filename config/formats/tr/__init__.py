"""Formats of Turkish."""
