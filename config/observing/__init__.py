"""What requests and background work cost, and where that is told: logs, metrics, traces, errors.

Nothing personal leaves this package: a person is a number, and a path is that of its pattern.
"""
