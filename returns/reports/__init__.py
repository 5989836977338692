"""How returns run: numbers that open the lists that they count."""
