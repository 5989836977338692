"""The record of access as admins read, search and export it."""
