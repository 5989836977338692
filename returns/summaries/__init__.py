"""Summaries by day: how they are kept, and what they hold."""
