"""A second kind of record that can be tagged, to show that the tags know nothing of returns."""
