"""The outbox: what happened goes to those who subscribed, at least once and in order.

``spreading`` makes deliveries of events, ``delivering`` sends them, ``editing`` writes who gets
what.
"""
