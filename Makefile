# The whole project in a few words: `make run` and `make test` are all a newcomer needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install run test check bench soak fuzz screenshots audit sbom lock clean

help:  ## what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed  ## create .venv with the `aggregator` command in it

run: install  ## start the daemon with config.toml: collect, canonicalise, publish, serve
	@exec $(BIN)/aggregator run

test: $(VENV)/.developed  ## run the whole test suite (SQLite and PostgreSQL)
	$(BIN)/pytest -n auto --dist loadgroup

check: $(VENV)/.developed  ## formatting, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest tests/test_architecture.py

bench: $(VENV)/.developed  ## measure speed; one JSON row a measure
	$(BIN)/python -m bench

soak: $(VENV)/.developed  ## the daemon under load and mischief, alone and many; an hour and a half
	$(BIN)/python -m bench.soak
	$(BIN)/python -m bench.workers
	$(BIN)/python -m bench.scaling
	$(BIN)/python -m bench.steady
	$(BIN)/python -m bench.orders
	$(BIN)/python -m bench.rebuilds
	$(BIN)/python -m bench.rereading
	$(BIN)/python -m bench.interrupted

fuzz: $(VENV)/.developed  ## search with new random inputs for what no test has seen yet; slow
	$(BIN)/pytest -n auto -m hypothesis --hypothesis-profile searching

screenshots: $(VENV)/.developed  ## pictures of the pages, into docs/images
	$(BIN)/python -m bench.screenshots

audit: $(VENV)/.developed  ## known holes in the pinned dependencies
	$(PIP) install -e '.[audit]'
	$(BIN)/pip-audit --require-hashes --no-deps --disable-pip -r requirements.txt

sbom: $(VENV)/.developed  ## what is pinned, as CycloneDX, in sbom.json
	$(PIP) install -e '.[audit]'
	$(BIN)/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml -o sbom.json requirements.txt

lock:  ## pin the dependencies of pyproject.toml again (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet \
	  --python-version 3.11 --extra postgres pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet \
	  --python-version 3.11 --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:  ## remove what the targets made; the archive and public/ stay
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.developed: requirements-dev.txt $(VENV)/.installed
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
