"""How a database is run: its settings and counters, connections and signs of operations."""
