"""Python programs followed function by function, without running them.

reader.read_code(project, index, readings)   → the readings with their code
interpreter.Interpreter                      statements: branches, loops, transactions, `except`
evaluation.Evaluation                        expressions; objects.py: attributes and calls as the language has them
vocabulary.Vocabulary                        what a library adds; one package for each: django, sqlalchemy, sql …
"""
