"""How long what is kept: each kind of data is declared once, counted, and deleted in steps."""
