# Thin aliases of dev.py, which needs nothing but Python.
PYTHON ?= python3

.PHONY: setup check test docs parity bench

setup check test docs parity bench:
	@$(PYTHON) dev.py $@ $(ARGS)
