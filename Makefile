# Everything is installed in this folder: .venv (the application), .engine (vLLM and its models), var
# (run-time data). Variables: PYTHON, ARGS, CHANCERY_ENGINE_URL and, for a mirror of PyTorch's index of
# CPU builds, CHANCERY_TORCH_INDEX.

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
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(if $(CHANCERY_ENGINE_URL),setup,engine) ## start the system, process four documents, show their callbacks, stop
	@$(BIN)/python deploy/demo/demo.py $(ARGS)

.PHONY: up
up: $(if $(CHANCERY_ENGINE_URL),setup,$(if $(MODEL),engine-here,engine)) ## start the system and leave it running; MODEL=/models/NAME: with a model on the GPUs
	@exec $(BIN)/chancery up $(if $(MODEL),--model "$(MODEL)") $(ARGS)

.PHONY: test
test: engine-check setup ## run all tests; ARGS="-k word" for some
	@tests/run.sh $(ARGS)

.PHONY: unit
unit: setup ## run the tests that need no server
	@$(BIN)/pytest tests/unit -n 3 --dist worksteal $(ARGS)

.PHONY: check
check: setup ## check format, lint, types, imports, secrets
	@deploy/check.sh

.PHONY: setup
setup: $(STAMP) ## install the application into .venv
	@:

$(STAMP): requirements-dev.lock pyproject.toml client/pyproject.toml
	@python="$$(PYTHON="$(PYTHON)" deploy/setup/find_python.sh)"; "$$python" deploy/setup/application.py $(VENV)
	@touch $@

.PHONY: engine
engine: engine-check setup ## install vLLM for the CPU and a small model into .engine (4 to 7 GB)
	@$(BIN)/python deploy/engine/install.py --for cpu

.PHONY: engine-here
engine-here: setup ## install vLLM for the GPUs of this machine into .engine-cuda; without any as make engine
	@$(BIN)/python deploy/engine/install.py

.PHONY: engine-check
engine-check: # check whether the engine can run here, before a download
	@python=$(BIN)/python; [[ -x $$python ]] || python="$$(PYTHON="$(PYTHON)" deploy/setup/find_python.sh)"; \
	"$$python" deploy/engine/install.py --for cpu --check

.PHONY: lock
lock: setup ## lock the requirements again: both pyproject.toml, the engine, bench
	@$(UV_COMPILE) --extra dev pyproject.toml client/pyproject.toml -o requirements-dev.lock
	@$(UV_COMPILE) -c requirements-dev.lock pyproject.toml client/pyproject.toml -o requirements.lock
	@$(BIN)/python deploy/engine/cpu/lock.py
	@cd deploy/engine/cuda && $(abspath $(BIN))/uv pip compile -q --universal --generate-hashes --no-header --no-annotate -c requirements.lock pyproject.toml -o requirements.lock
	@for name in requirements requirements-arq; do $(UV_COMPILE) bench/peers/$$name.txt -o bench/peers/$$name.lock; done
	@$(BIN)/uv pip compile -q --python-version 3.12 --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header bench/gpu/requirements.txt -o bench/gpu/requirements.lock

.PHONY: licences
licences: setup ## write docs/licences.md from the installed packages
	@$(BIN)/python -m deploy.licences > docs/licences.md

.PHONY: collections
collections: setup ## write docs/integration/collections from the api's OpenAPI document
	@$(BIN)/python -m deploy.request_collections docs/integration/collections

.PHONY: sbom
sbom: setup ## write SBOMs (CycloneDX) of the application and the engine into dist/
	@$(BIN)/python -m deploy.sbom dist

.PHONY: secrets
secrets: setup ## accept all findings of the secret scan; review each first
	@git ls-files -z -- ':!.secrets.baseline' | xargs -0 $(BIN)/detect-secrets scan --exclude-files '(^|/)requirements[^/]*\.lock$$' > .secrets.new
	@mv .secrets.new .secrets.baseline

.PHONY: bundle
bundle: setup ## write dist/chancery-...: all that a machine without a network needs; ARGS="--help" lists options
	@$(BIN)/python deploy/bundle/build.py $(ARGS)

.PHONY: bundle-test
bundle-test: setup ## install a bundle without a network as an ordinary user, upgrade it, go back (4 minutes)
	@tests/bundle/run.sh

.PHONY: chaos
chaos: setup ## run tests that kill parts of a running system (15 minutes)
	@$(BIN)/pytest tests/chaos $(ARGS)

.PHONY: fleet-test
fleet-test: setup ## cut off, kill and upgrade machines of a system in network namespaces (4 minutes)
	@tests/fleet/run.sh $(ARGS)

.PHONY: hostile
hostile: setup ## send every hostile input to a running system (15 minutes)
	@$(BIN)/pytest tests/hostile --all-inputs $(ARGS)

.PHONY: java-client
java-client: setup ## generate a Java client from openapi.json and compile it into var/java-client
	@rm -rf var/java-client; $(BIN)/python deploy/java_client.py var/java-client

.PHONY: fuzz
fuzz: setup ## read and mask 1,000 damaged files a format; ARGS="docx masked-pdf -n 200" for some
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: bench
bench: setup ## run the measurements, beside released queues (bench/README.md); ARGS="jobs glue" for some
	@$(BIN)/python -m bench $(ARGS)

.PHONY: quality
quality: $(if $(CHANCERY_ENGINE_URL),setup,engine) ## measure the quality of tasks; ARGS="layout" for some
	@$(BIN)/python -m bench.quality $(ARGS)

.PHONY: fresh-test
fresh-test: setup ## run make demo in fresh clones and empty environments, with each build of torch
	@tests/fresh/run.sh

.PHONY: compose-test
compose-test: setup ## start the docker compose setup and test it (needs root)
	@tests/compose/run.sh $(ARGS)

.PHONY: helm
helm: ## fetch Helm into .helm, for the tests of the chart
	@deploy/helm/fetch.sh

.PHONY: helm-check
helm-check: setup helm ## test the chart: lint, schemas, templates
	@$(BIN)/pytest tests/unit/deploy/chart $(ARGS)

.PHONY: alerts-test
alerts-test: setup ## test the alert rules and the dashboards' expressions with promtool, where it is installed
	@$(BIN)/python deploy/prometheus/check.py

.PHONY: clean
clean: ## delete caches and build output; environments and data stay
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.engine/*' -not -path './.bench/*' -prune -exec rm -rf {} +
