"""Schemas that programs make by themselves: by SQL in their texts, by the schema builders of Kysely and Knex.

Asked of projects in which nothing else declares tables.
"""
