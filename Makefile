# Everything is installed under this folder: .venv (the application), .engine (vLLM and its models),
# var (run-time data). PYTHON=..., ARGS=..., CHANCERY_ENGINE_URL=... and, for a mirror of PyTorch's index
# of CPU builds, CHANCERY_TORCH_INDEX=... are understood.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?=
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help
help: ## what can be done here
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(if $(CHANCERY_ENGINE_URL),setup,engine) ## the whole system, four documents, their callbacks, and everything stopped again
	@$(BIN)/python deploy/demo/demo.py $(ARGS)

.PHONY: up
up: $(if $(CHANCERY_ENGINE_URL),setup,engine) ## the whole system, left running; Ctrl-C stops it
	@exec $(BIN)/chancery up $(ARGS)

.PHONY: test
test: engine ## every test; ARGS="-k word" for some
	@tests/run.sh $(ARGS)

.PHONY: unit
unit: setup ## the tests that need no server
	@$(BIN)/pytest tests/unit -n 4 --dist worksteal $(ARGS)

.PHONY: check
check: setup ## format, lint, types, imports, secrets
	@deploy/check.sh

.PHONY: setup
setup: $(STAMP) ## the application's environment, in .venv
	@:

$(STAMP): requirements-dev.lock pyproject.toml client/pyproject.toml
	@python="$$(PYTHON="$(PYTHON)" deploy/setup/find_python.sh)"; "$$python" deploy/setup/application.py $(VENV)
	@touch $@

.PHONY: engine
engine: engine-check setup ## vLLM for the CPU and a small model, in .engine (4 to 7 GB)
	@$(BIN)/python deploy/engine/cpu/install.py --root .engine

.PHONY: engine-check
engine-check: # that the engine can run here, before anything is downloaded
	@python=$(BIN)/python; [[ -x $$python ]] || python="$$(PYTHON="$(PYTHON)" deploy/setup/find_python.sh)"; \
	"$$python" deploy/engine/cpu/install.py --root .engine --check

.PHONY: lock
lock: setup ## the locked requirements, anew from pyproject.toml
	@$(UV_COMPILE) --extra dev pyproject.toml client/pyproject.toml -o requirements-dev.lock
	@$(UV_COMPILE) -c requirements-dev.lock pyproject.toml client/pyproject.toml -o requirements.lock
	@$(BIN)/python deploy/engine/cpu/lock.py

.PHONY: licences
licences: setup ## docs/licences.md, anew from what is installed
	@$(BIN)/python -m deploy.licences > docs/licences.md

.PHONY: secrets
secrets: setup ## accept what the check takes for secrets, once you have looked at each
	@git ls-files -z -- ':!.secrets.baseline' | xargs -0 $(BIN)/detect-secrets scan --exclude-files '(^|/)requirements[^/]*\.lock$$' > .secrets.new
	@mv .secrets.new .secrets.baseline

.PHONY: chaos
chaos: setup ## tests that kill parts of a running system, a quarter of an hour
	@$(BIN)/pytest tests/chaos $(ARGS)

.PHONY: fuzz
fuzz: setup ## 1,000 damaged files a format read and worked on; ARGS="docx pdf -n 200" for some
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: bench
bench: setup ## measurements
	@$(BIN)/python -m bench $(ARGS)

.PHONY: quality
quality: $(if $(CHANCERY_ENGINE_URL),setup,engine) ## how well tasks do, in one table; ARGS="layout" for some
	@$(BIN)/python -m bench.quality $(ARGS)

.PHONY: fresh-test
fresh-test: setup ## make demo from fresh clones in empty environments, with each build of torch
	@tests/fresh/run.sh

.PHONY: compose-test
compose-test: setup ## docker compose, really brought up (root)
	@tests/compose/run.sh $(ARGS)

.PHONY: clean
clean: ## what tools left behind; environments and data stay
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.engine/*' -prune -exec rm -rf {} +
