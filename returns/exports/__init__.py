"""Exports of lists: CSV and Excel files."""
