"""Checks of a running deployment, for ``manage.py doctor``: what works, and what to do if not."""
