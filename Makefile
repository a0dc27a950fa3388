# On a fresh machine with Python 3.11 `make run` and `make test` need nothing before them.
# Paths are relative throughout, so the folder's own name may hold spaces.

PY := .venv/bin/python
DATA ?= ../shared/data
# Tests of one file stay together, since they share what they start.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup page run test check models docs golden lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Install everything that the lock files name into .venv (nothing to do: under a second)
	@sh scripts/setup.sh

page: ## Build the page, where Node is there and its sources are newer (nothing to do: under a second)
	@sh scripts/page.sh

run: setup page ## Start the page and API on this machine and print the address (ARGS="--port 9000")
	@$(PY) -m chereme serve $(ARGS)

test: check page ## All checks and all tests, as on every push (ARGS="-k hands" for some of them)
	@sh scripts/browser.sh || true
	@$(PY) -m pytest $(SIDE_BY_SIDE) -m "not browser" $(ARGS) || [ $$? -eq 5 ] # none of these among ARGS
	@$(PY) -m pytest -m browser $(ARGS) || [ $$? -eq 5 ]

check: setup ## Lint, format, types, import order: in seconds, before every push
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/test_architecture.py

models: setup ## Train the bundles and make the lexicons that ship again, from the public data sets (DATA=folder)
	$(PY) -m chereme.train.bundled --data "$(DATA)"
	$(PY) -m chereme.train.bundled_encoder --data "$(DATA)"
	$(PY) -m chereme.lexicon.bundled --data "$(DATA)"
	$(PY) -m chereme.train.bundled_producers --data "$(DATA)"
	$(PY) -m chereme.train.bundled_letters --data "$(DATA)"

docs: setup ## Write the tables of settings and figures in the pages again, and the pictures of augmentation
	@$(PY) scripts/settings_tables.py
	@$(PY) scripts/figures.py
	@$(PY) scripts/benchmarks.py
	@$(PY) scripts/gallery.py
	@$(PY) scripts/preprocess_pictures.py

golden: setup ## Write the numbers that tests/golden holds again, after a change that is meant to alter them
	@PYTHONPATH=tests $(PY) tests/landmarks/test_golden_hand.py

lock: setup ## Write requirements/*.txt again from what .venv holds
	@$(PY) scripts/lock.py

clean: ## Remove all that make made: .venv, caches, built packages
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dist web/node_modules src/chereme/serve/page
	find src tests scripts -name __pycache__ -prune -exec rm -rf {} +
