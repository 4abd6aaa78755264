# Everything sets up what it needs, on a bare Debian machine too, and says what it installs.
#
#   make demo     three stores, one server, the whole path; ONCE=1 checks itself and ends
#   make test     what CI runs: check, then every test on both engines; 15 minutes at most
#   make check    format, lint, types, import contracts
#   make fix      format, and mend what the linter can mend
#   make verify   the larger slice of every promise; prints a summary with the commit
#   make bench    speed and memory beside baselines; ONLY=name for one; last line: one JSON object
#   make docs     write the generated references again
#   make pictures  take the pictures of the guides again; needs ports 8000 and 8001
#   make env      only set up
#   make clean    remove .venv, node_modules and every cache

.DEFAULT_GOAL := help
BIN := .venv/bin
TOOLS := curl postgresql strace faketime chromium javascript
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test check fix verify bench docs pictures env clean

help:
	@sed -n 's/^#   //p' Makefile

demo:
	@scripts/bootstrap curl
	$(BIN)/comptoir demo $(if $(filter-out 0,$(ONCE)),--once)

test: check
	@scripts/bootstrap $(TOOLS)
	$(PYTEST)

check:
	@scripts/bootstrap
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix:
	@scripts/bootstrap
	$(BIN)/ruff check --fix . || true
	$(BIN)/ruff format .

verify:
	@scripts/bootstrap $(TOOLS)
	@scripts/verify $(PYTEST)

bench:
	@scripts/bootstrap postgresql
	@$(BIN)/python -m bench $(ONLY)

docs:
	@scripts/bootstrap
	$(BIN)/comptoir docs build

pictures:
	@scripts/bootstrap chromium javascript
	$(BIN)/python -m tests.browser.pictures

env:
	@scripts/bootstrap $(TOOLS)

clean:
	rm -rf .venv .state .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf build dist src/*.egg-info tests/browser/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
