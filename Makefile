# Two commands: `make demo` shows the whole loop, `make test` proves it. Both set up .venv first.

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

ifdef UV
  install = $(UV) pip install --quiet --compile-bytecode --python $(PYTHON) --constraint constraints.txt
else
  install = $(PYTHON) -m pip install --quiet --constraint constraints.txt
endif

.PHONY: help demo test check format clean soak mistakes bench audit

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(PYTHON):
	@echo "Making $(VENV) ..."
	@python3 -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(PYTHON)
	@echo "Installing leadrelay ..."
	@$(install) --editable .
	@touch $@

$(VENV)/.installed-for-tests: pyproject.toml constraints.txt | $(PYTHON)
	@echo "Installing leadrelay and the tools of its tests ..."
	@$(install) --editable '.[dev,keyring,otel,parquet,pdf]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed  ## Run the whole loop on both sandboxes and show what came of it
	@$(VENV)/bin/leadrelay demo

test: $(VENV)/.installed-for-tests  ## Run every check: style, types, layers, tests
	@sh tests/need-chromium.sh
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder
	@.ci/audit || true  # what was published today is told, and fails `make audit` alone

soak: $(VENV)/.installed-for-tests  ## Play SEEDS=20000 histories, 500 killed processes, a day, and a load of 100,000 under fire
	@$(PYTHON) -m benchmarks.soak --seeds $(or $(SEEDS),20000)
	@LEADRELAY_DAY_HOURS=24 LEADRELAY_LOAD=100000 $(PYTHON) -m pytest --timeout 36000 \
	    tests/simulation/test_day.py tests/engine/test_killed.py

bench: export LEADRELAY_GOALS := $(shell mktemp -u)
bench: $(VENV)/.installed-for-tests  ## Measure LEADS=10000 contacts: both naive scripts, ours, and all goals
	@$(PYTHON) -m benchmarks.relay --leads $(or $(LEADS),10000)
	@$(PYTHON) -m benchmarks.growth --many $(or $(MANY),1000000)
	@$(PYTHON) -m benchmarks.relay --leads 24000 --latency-ms 50 --calls-per-10s 190
	@$(PYTHON) -m benchmarks.workers
	@$(PYTHON) -m pytest -q tests/simulation/test_day.py -k "within_90_seconds and sqlite"
	@$(PYTHON) -m benchmarks.goals $(LEADRELAY_GOALS)
	@rm -f $(LEADRELAY_GOALS)

mistakes: $(VENV)/.installed-for-tests  ## Plant known mistakes, one by one: the simulation finds each
	@$(PYTHON) -m tests.simulation.mistakes

audit: | $(PYTHON)  ## Ask for known vulnerabilities of the dependencies
	@.ci/audit

format: $(VENV)/.installed-for-tests  ## Put the code into its usual form
	@$(VENV)/bin/ruff format --quiet .
	@$(VENV)/bin/ruff check --quiet --fix .

clean:  ## Remove what was built
	@rm -rf $(VENV) demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis
