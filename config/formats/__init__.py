"""How numbers and dates are written and read in each language, for Django's formats."""
