# Every command prepares what it needs (.venv, node_modules) and can be run again at any time.
#   PYTHON=/path/to/python3  NODE=/path/to/node   which ones to take
#   PORT=8000  SAFELENS_DATA=var                  where `make run` listens, and keeps what it stores
#   SUITES="javascript embedded production browser stories"  which tests `make test` runs

export PYTHON NODE
python := .venv/bin/python
javascript = $(wildcard frontend/static/safelens/*/*.js)

.DEFAULT_GOAL := help
.PHONY: help run test lint format types bench lock clean prepare style imports documents

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

run: prepare  ## start SafeLens on http://127.0.0.1:8000; Ctrl-C ends it
	@exec $(python) manage.py serve

test: prepare  ## run every test
	@$(python) -m tests.run $(SUITES)

lint: types style imports documents  ## check types, style, who imports whom, and documents; changes nothing

style: prepare
	$(python) -m ruff check .
	$(python) -m ruff format --check .

imports: prepare
	$(python) .venv/bin/lint-imports

documents: prepare
	$(python) -m pytest tests/documents

format: prepare  ## bring the code into shape
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

types: prepare  ## check types alone
	$(python) -m mypy .
	$(if $(javascript),node_modules/.bin/tsc --project tsconfig.json)

bench: prepare  ## measure, and print one table
	@$(python) -m tests.bench

lock: prepare  ## choose new versions: requirements.lock and package-lock.json
	$(python) deploy/lock.py
	npm update --package-lock-only

clean:  ## remove what the commands made; the data in var/ stays
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

prepare:
	@sh deploy/prepare.sh
