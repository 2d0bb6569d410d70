# Each target sets up what it needs: a virtual environment in .venv, from requirements.lock, with hashes.
#   make report                      every page of reports.toml, in reports/index.html
#   make report ARGS="--only 1_trajectory -p half_life_months=12"
#   make lab PYTHON=/path/to/python3.12

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help report test lab build check bench lock clean

# Bytecode is what makes the second start of every kernel fast.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
READY := .venv/.ready
KNOWN := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(KNOWN)' 2>/dev/null && { echo "$$p"; break; }; done)

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

report: $(READY)  ## run the standing batch: pages in reports/, start at reports/index.html
	@$(PY) -m research report $(ARGS)

test: $(READY)  ## style, then every test
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pytest -n 2 $(ARGS)

lab: $(READY)  ## open the notebooks in JupyterLab
	@$(PY) -m jupyterlab --notebook-dir=notebooks $(ARGS)

build: $(READY)  ## data/raw -> data/processed, only what changed
	@$(PY) -m research build $(ARGS)

check: $(READY)  ## register, hashes, contracts, notebooks, environment: one line each
	@$(PY) -m research check

bench: $(READY)  ## how long a full build, a full batch, event files, a trade file and 32 reports take on this machine
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && export TIMEFORMAT='%R s' \
	&& echo "build --force:" && time $(PY) -m research build --force > /dev/null \
	&& echo "report --force:" && time $(PY) -m research report --force --out "$$out" > /dev/null \
	&& $(PY) -m benchmarks events && $(PY) -m benchmarks trade \
	&& $(PY) -m benchmarks reports

lock:  ## pin the packages of pyproject.toml anew (needs uv and the network)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -q -o requirements.lock

clean:  ## take away everything that make made
	rm -rf .venv data/processed reports build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The .pth file puts this folder on the path of every Python started from .venv, JupyterLab's kernels too.
# Some packages ship templates that are no valid Python: compileall stays silent about them and goes on.
$(READY): requirements.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@"$(PYTHON)" -c '$(KNOWN)' || { echo "$(PYTHON) is $$("$(PYTHON)" -V 2>&1); Python 3.11, 3.12 or 3.13 is needed. Name another: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv from requirements.lock (once, a minute or two) ..." >&2
	@"$(PYTHON)" -m venv .venv || { echo "$(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(PY) -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "project.pth").write_text("$(CURDIR)\n")'
	@$(PY) -m compileall -qq -j 0 "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" research || true
	@touch $@
