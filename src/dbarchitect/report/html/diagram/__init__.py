"""The entity-relationship diagram: which tables are drawn together, where they stand, how the lines run."""
