"""Making the changes that fixes propose: names that are free, types with all that refers to them."""
