# The front door. Needs python3 (3.11 or newer, or PYTHON=…), make, git and a package index; nothing else.
# CI calls these targets and nothing beside them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# python3, unless it is too old or only a version manager's empty promise.
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3; do \
  $$one -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && break; \
  done || echo python3)
UV ?= uv

# Interpreters, not `activate`: a recipe must not depend on what the caller's shell has on PATH.
BIN := .venv/bin

# Warnings that concern pip alone only hide what a target prints.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The stamp is a file inside the environment, so that deleting the folder is enough to have it made anew,
# and a changed requirements file is noticed. An environment is made from nothing each time:
# an upgraded one would keep packages that its requirements no longer name.
# --no-deps: the files name everything (pip check says so), and the resolver of older pips stumbles over two
# pins of one package that differ in their extras.
define new_environment
	@echo "making $(1) from $(2)"
	@rm -rf $(1)
	@$(3) -m venv $(1)
	@$(1)/bin/python -m pip install -qq --no-deps --require-hashes -r $(2)
	@$(1)/bin/python -m pip check >/dev/null
endef

.DEFAULT_GOAL := help
.PHONY: help
help: ## say what can be done here
	@echo "make TARGET, where TARGET is one of"
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' \
	  | while IFS=$$'\t' read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

# ---------------------------------------------------------------- environments

.PHONY: venv
venv: .venv/.stamp ## the product, its tests and checks in .venv, with .venv/bin/jobherald

# Two stamps, since pyproject.toml holds tool settings as well: an edit there need not fetch everything again.
.venv/.requirements: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "jobherald needs Python 3.11 or newer as $(PYTHON); name another with PYTHON=…" >&2; exit 1; }
	$(call new_environment,.venv,requirements/dev.txt,$(PYTHON))
	@touch $@

# --no-build-isolation: hatchling comes from the hashed file too, and not from wherever pip would look.
.venv/.stamp: .venv/.requirements pyproject.toml
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

# Of the same Python as .venv: the local cloud runs functions under its own interpreter, so what is built
# for this host, compiled modules included, has to fit both.
.venv-sam/.stamp: requirements/sam.txt | .venv/.stamp
	$(call new_environment,.venv-sam,requirements/sam.txt,$(BIN)/python)
	@touch $@

.venv-cloud/.stamp: requirements/cloud.txt | .venv/.stamp
	$(call new_environment,.venv-cloud,requirements/cloud.txt,$(BIN)/python)
	@touch $@

# ---------------------------------------------------------------- every day

PYTEST := $(BIN)/python -m pytest

# Apart from .aws-sam/build and its record of what was built: what is deployed must never hold this host's modules.
HOST_BUILD := $(CURDIR)/.aws-sam/host/build

.PHONY: demo test check format docs
# FAULT goes through: make demo FAULT=swallow
demo: .venv/.stamp .venv-sam/.stamp .venv-cloud/.stamp ## run a scenario on a local cloud and reckon what was told
	@$(BIN)/jobherald demo $(if $(FAULT),--fault $(FAULT))

test: .venv/.stamp ## fast tests, without network or local cloud; ARGS goes to pytest
	@$(PYTEST) -n 2 -m "not e2e and not built" $(ARGS)

check: .venv/.stamp ## all that CI checks: style, types, imports, template, locks, generated pages
	@scripts/check.sh $(BIN)

format: .venv/.stamp ## mend what can be mended without thinking
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

docs: .venv/.stamp ## write the generated pages anew
	@$(BIN)/jobherald docs

# ---------------------------------------------------------------- what is deployed

# SAM finds pip through PATH, and a build has nobody to report to.
SAM := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

.PHONY: build build-host test-built e2e invoke deploy
build: .venv/.stamp .venv-sam/.stamp ## build what is deployed, for arm64, into .aws-sam/build
	@$(SAM) build

build-host: .venv/.stamp .venv-sam/.stamp
	@JOBHERALD_BUILD_FOR=host $(SAM) build --build-dir $(HOST_BUILD)

# The package comes from the built layer, not from the checkout: a module or data file that never reached
# the layer fails here. Tests that lean on what no layer ships (proofs, the command, the local cloud) are left out.
test-built: build-host ## the tests, against the built layers
	@PYTHONPATH="$(HOST_BUILD)/CoreLayer/python:$(HOST_BUILD)/EdgeLayer/python" \
	  $(PYTEST) -n 2 -m "not e2e" --ignore=tests/project/test_house.py $(ARGS)

e2e: .venv/.stamp .venv-sam/.stamp .venv-cloud/.stamp ## deploy the real template to a local cloud and watch it work
	@$(PYTEST) -m e2e tests/e2e $(ARGS)

invoke: .venv/.stamp .venv-sam/.stamp .venv-cloud/.stamp ## sam local invoke each function with its payloads (Docker)
	@$(BIN)/python scripts/sam_local_invoke.py $(ARGS)

# ARGS replaces --guided: make deploy ARGS="--config-env production"
deploy: build ## deploy to the AWS account of your credentials
	@$(SAM) deploy $(if $(ARGS),$(ARGS),--guided)

# ---------------------------------------------------------------- proofs

.PHONY: bench load faults
# What the builds say goes aside: the lines are for programs as well. One is weighed, the other one run.
bench: .venv/.stamp .venv-sam/.stamp ## measure costs: a JSON object a line, with its bound
	@$(MAKE) --no-print-directory build build-host >&2
	@PYTHONPATH="$(HOST_BUILD)/CoreLayer/python:$(HOST_BUILD)/EdgeLayer/python" $(BIN)/python -m bench.run

# ARGS goes through: make load ARGS="--jobs 1000"
load: .venv/.stamp .venv-sam/.stamp .venv-cloud/.stamp ## 10,000 jobs over 20 places on a local cloud: one JSON line
	@$(BIN)/python -m jobherald.local.load $(ARGS)

# Writes docs/reliability.md where every promise was kept. ARGS="--replay '…'" runs one finding again.
faults: .venv/.stamp ## try every crash point of the functions in a simulated world: JSON in the last line
	@$(BIN)/python -m faults.run $(ARGS)

# ---------------------------------------------------------------- upkeep

.PHONY: lock clean
lock: ## resolve every requirements file anew (needs uv and the network)
	@UV="$(UV)" scripts/lock.sh

clean: ## remove all that was made here, environments included
	@rm -rf .venv .venv-sam .venv-cloud .aws-sam build dist .coverage .hypothesis .import_linter_cache \
	  .mypy_cache .pytest_cache .ruff_cache
	@find layers functions tests scripts bench faults -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
