# The front door. Needs python3 (3.11 or newer, or PYTHON=…), make, git and a package index; nothing else.
# CI calls these targets and nothing beside them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
UV ?= uv

# Interpreters, not `activate`: a recipe must not depend on what the caller's shell has on PATH.
BIN := .venv/bin

# Warnings that concern pip alone only hide what a target prints.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The stamp is a file inside the environment, so that deleting the folder is enough to have it made anew,
# and a changed requirements file is noticed. An environment is made from nothing each time:
# an upgraded one would keep packages that its requirements no longer name.
define new_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "jobherald needs Python 3.11 or newer; say which with PYTHON=…" >&2; exit 1; }
	@echo "making $(1) from $(2)"
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install -qq --no-deps --require-hashes -r $(2)
endef

.DEFAULT_GOAL := help
.PHONY: help
help: ## say what can be done here
	@echo "make TARGET, where TARGET is one of"
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	  | while IFS=$$'\t' read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

# ---------------------------------------------------------------- environments

.PHONY: venv venv-sam venv-cloud
venv: .venv/.stamp ## the product, tests and checks in .venv, with .venv/bin/jobherald
venv-sam: .venv-sam/.stamp
venv-cloud: .venv-cloud/.stamp

# --no-build-isolation: hatchling comes from the hashed file too, and not from wherever pip would look.
# Two stamps, since pyproject.toml holds tool settings as well: an edit there need not fetch everything again.
.venv/.requirements: requirements/dev.txt
	$(call new_environment,.venv,requirements/dev.txt)
	@touch $@

.venv/.stamp: .venv/.requirements pyproject.toml
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

.venv-sam/.stamp: requirements/sam.txt
	$(call new_environment,.venv-sam,requirements/sam.txt)
	@touch $@

.venv-cloud/.stamp: requirements/cloud.txt
	$(call new_environment,.venv-cloud,requirements/cloud.txt)
	@touch $@
