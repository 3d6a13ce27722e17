# The tasks of this repository; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
CODE := monitor detectors tests grafana deploy

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(STAMP) ## the whole story on real data, in under a minute, without Kafka
	$(BIN)/driftd demo

demo-kafka: $(STAMP) parts ## the same over a real Kafka broker
	$(BIN)/python -m tests.parts.demo_kafka

test: lint types parts ## format, lint, types and all tests (below 15 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP) ## ruff: format and lint
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

format: $(STAMP) ## format the code and mend what ruff can mend
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

kills: $(STAMP) parts ## many kill -9 at random moments against a real broker (long)
	$(BIN)/python -m pytest tests/e2e/test_kills.py --kills 100

bench: $(STAMP) parts ## the benchmarks, full size
	$(BIN)/python -m tests.benchmarks.throughput
	$(BIN)/python -m tests.benchmarks.labels
	$(BIN)/python -m tests.benchmarks.retest_load
	$(BIN)/python -m tests.benchmarks.retest_year
	$(BIN)/python -m tests.benchmarks.render --plain

bench-short: $(STAMP) parts ## the benchmarks, each within a minute
	$(BIN)/python -m tests.benchmarks.throughput --records 200000 --rounds 1
	$(BIN)/python -m tests.benchmarks.labels --pairs 200000
	$(BIN)/python -m tests.benchmarks.retest_load --records 300000 --rounds 1
	$(BIN)/python -m tests.benchmarks.render

false-alarms: $(STAMP) ## alarms without drift and delays with it, against other tools (hours)
	$(BIN)/python -m tests.benchmarks.false_alarms

parts: $(STAMP) ## install the real servers and tools that the tests use
	sh tests/parts/install.sh
	$(BIN)/python -m tests.parts.fetch_kafka
	sh tests/parts/mlserver.sh $(PYTHON) .parts/mlserver
	sh tests/parts/deploy_tools.sh $(PYTHON) .parts/deploy

lock: ## renew the locked development dependencies
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  --group dev pyproject.toml --output-file tests/requirements.lock

clean: ## remove everything that the tasks made
	rm -rf .venv .parts dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP): pyproject.toml tests/requirements.lock
	sh tests/parts/python.sh $(PYTHON) .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(STAMP)

.PHONY: help demo demo-kafka test lint types format kills bench bench-short false-alarms parts lock clean
