"""The desk seen from inside: signs of life, queues, and what else whoever runs it must know."""
