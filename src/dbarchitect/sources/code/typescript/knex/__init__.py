"""Knex and Objection: queries that a builder collects step by step, tables and columns by their names.

Sources: https://knexjs.org/guide/query-builder.html, https://vincit.github.io/objection.js/api/query-builder/
"""
