"""Schemas that programs make by themselves, by the SQL in their texts; asked of projects in which nothing else declares
tables."""
