"""What the tables and columns of a schema are for, told by names, types and company."""
