"""What rules ask of an application's code: its queries, who runs them, what it writes, and how to point at them."""
