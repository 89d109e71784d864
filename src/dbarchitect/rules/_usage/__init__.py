"""How the code looks for rows, and the indexes that it asks for."""
