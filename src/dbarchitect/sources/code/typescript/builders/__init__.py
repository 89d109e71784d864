"""What query builders have in common, whichever library they are of: columns, conditions, pieces of SQL, drafts that
calls fill, tables by their names, what running a query gives."""
