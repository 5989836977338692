"""Reports: numbers and charts, each with the list of returns that it counts."""
