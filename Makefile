# Needs make and Python 3.11 or newer; everything else it sets up itself, in .venv.

VENV  := .venv
PY    := $(VENV)/bin/python
READY := $(VENV)/.ready
LOG   := $(VENV)/setup.log

.DEFAULT_GOAL := help
.PHONY: help run load test test-long check bench mutants clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: $(READY) ## show the main job: a fleet of ATMs lives through a frozen host (under 60 s)
	@$(PY) -m harness.cli.demo

# 'make load RATE=300/s FOR=1m FAULT=drop_response:p=5%,mti=0210'; without RATE flat out.
TERMINALS := 200
RATE      :=
FOR       := 30s
FAULT     :=
SEED      := 1

load: $(READY) ## the live fleet under load; TERMINALS=200 RATE=300/s FOR=30s FAULT=... SEED=1
	@$(PY) -m harness load --terminals $(TERMINALS) --for $(FOR) --seed $(SEED) \
	  $(if $(RATE),--rate '$(RATE)') $(if $(FAULT),--fault '$(FAULT)')

# The tests start a hundred processes: each would compile the package where none keeps the bytecode.
test test-long: export PYTHONDONTWRITEBYTECODE :=
# Four for two cores, as the live tests wait for most of their time; a module stays in one process,
# where what its tests share is made once. tests/conftest.py has the order.
PYTEST := $(PY) -m pytest -n 4 --dist loadscope --no-loadscope-reorder

test: $(READY) ## the test suite; pass options with ARGS='-k people'
	@$(PYTEST) $(ARGS)

test-long: $(READY) ## what takes long: scenarios at full size, long searches, many kills
	@$(PYTEST) -m long $(ARGS)

check: $(READY) ## ruff and mypy
	@$(PY) -m ruff check harness tests benchmarks
	@$(PY) -m ruff format --check harness tests benchmarks
	@$(PY) -m mypy

bench: $(READY) ## the README's figures, each beside its floor
	@$(PY) -m benchmarks

# 'make mutants GROUP=machines SAMPLE=100 SEED=1', also GROUP=world, faults, journal and checks; what
# was tried before is not tried again.
GROUP  := machines
SAMPLE := 100

mutants: $(READY) ## small mistakes in machines, faults, journal and checks: does a search notice them?
	@$(PY) -m benchmarks.mutants $(GROUP) --sample $(SAMPLE) --seed $(SEED)

clean: ## remove what the above have made
	rm -rf $(VENV) build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

# An editable install in an environment of its own, made again when the dependencies change.
# 'make PYTHON=/path/to/python3 run' chooses the interpreter.
$(READY): pyproject.toml
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "make: needs Python 3.11 or newer; none of $(PYTHON) python3 python3.11 ... python3.14 is." >&2; \
	  exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$found --version) (once, about half a minute) ..."; \
	mkdir -p $(VENV); \
	if ! { { [ -x $(PY) ] || $$found -m venv $(VENV); } && \
	       $(PY) -m pip install --disable-pip-version-check -e '.[dev]'; } >$(LOG) 2>&1; then \
	  cat $(LOG) >&2; \
	  echo "make: the set-up failed; its output is above and in $(LOG)." >&2; \
	  exit 1; \
	fi; \
	$(PY) -m pip install --disable-pip-version-check -e '.[uvloop]' >>$(LOG) 2>&1 || \
	  echo "uvloop is not to be had here; asyncio's own event loop serves."; \
	touch $(READY)
