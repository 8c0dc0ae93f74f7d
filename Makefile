# The set-up and the main jobs. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_ARGS ?=
UP_ARGS ?=
TRAINERS_VENV ?= .trainers-venv
TRAINERS_PIP ?=
TRAINERS_ARGS ?=

.PHONY: help demo up test lint types check synth bench bench-cloud bench-api bench-scale trainers openapi pictures lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "labelmill needs Python 3.11 or newer, found $$($(PYTHON) --version)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## Run the whole service on a dataset: DATASET=... MAP=... for one of yours
	@PYTHONPATH=. $(BIN)/python tests/demo.py out/demo $(if $(DATASET),--dataset $(DATASET)) $(if $(MAP),--map $(MAP))

up: $(READY) ## Run the whole service on this machine until Ctrl-C (UP_ARGS="--port 4566 --state data")
	@$(BIN)/python -m infra.local.up $(UP_ARGS)

test: $(READY) ## Run all tests
	@$(BIN)/python tests/console/chromium.py || true
	@$(BIN)/python -m pytest

lint: $(READY) ## Check style, the template and the workflow
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/python -m infra.checks

types: $(READY) ## Check types, Python's and the console's
	@$(BIN)/mypy
	@$(BIN)/python -m infra.components.console --types

synth: $(READY) ## Write the cloud's template and assets into cdk.out
	@$(BIN)/python -m infra.app

check: lint types test ## Everything that must pass

bench: $(READY) ## Measure against the floor and the peers (takes half an hour)
	@$(BIN)/python tests/bench/run.py $(BENCH_ARGS)

bench-cloud: $(READY) ## Measure the service: overhead, requests, cold starts, cost on AWS
	@PYTHONPATH=. $(BIN)/python tests/bench/cloud.py $(BENCH_ARGS)

bench-api: $(READY) ## Measure the HTTP API: cold import, reads over the gateway's overhead
	@PYTHONPATH=. $(BIN)/python tests/bench/api.py $(BENCH_ARGS)

bench-scale: $(READY) ## Plan and join datasets of millions of images, without their data
	@PYTHONPATH=. $(BIN)/python tests/bench/scale.py

$(TRAINERS_VENV)/.ready: tests/trainers/requirements.txt tests/trainers/requirements-optional.txt
	@test -x $(TRAINERS_VENV)/bin/python || $(PYTHON) -m venv $(TRAINERS_VENV)
	@$(TRAINERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(TRAINERS_PIP) -r tests/trainers/requirements.txt
	@$(TRAINERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(TRAINERS_PIP) -r tests/trainers/requirements-optional.txt \
		|| echo "RF-DETR can't be installed here: its rows stay empty" >&2
	@touch $@

trainers: $(READY) $(TRAINERS_VENV)/.ready ## Try labels in the programs that train on them (some GB; TRAINERS_ARGS="--samples DIR")
	@PYTHONPATH=tests $(TRAINERS_VENV)/bin/python -m trainers.run --labelmill "$(abspath $(BIN))/labelmill" $(TRAINERS_ARGS)

openapi: $(READY) ## Write the API's OpenAPI document again
	@PYTHONPATH=layers/core/python $(BIN)/python -m labelmill_aws.api.openapi > functions/api/openapi.json

pictures: $(READY) ## Make the README's pictures again
	@$(BIN)/python tests/pictures.py
	@$(BIN)/python tests/console/chromium.py && PYTHONPATH=. $(BIN)/python tests/console/take_pictures.py

lock: ## Pin the newest versions of everything, with the hashes of their files for every platform
	@rm -rf .lock-venv && $(PYTHON) -m venv .lock-venv && .lock-venv/bin/pip install --quiet --disable-pip-version-check uv
	@.lock-venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --extra dev \
		--output-file requirements-dev.lock pyproject.toml && rm -rf .lock-venv

clean: ## Remove what the targets made
	rm -rf $(VENV) .trainers-venv out build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
