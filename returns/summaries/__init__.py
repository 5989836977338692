"""Daily counts of returns for the reports, updated after every write."""
