# Two commands for newcomers: `make conform` and `make test`. Both set up $(VENV) first.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
REPORTS ?= reports
FOUNDING = sgd momentum ema_momentum nesterov adagrad rmsprop adam adamw adamax amsgrad adamnc generic

.PHONY: conform conform-all demo readme test test-slow test-long test-accelerator lint docs spec-pdf stubs vectors bench clean

conform: $(READY)  ## the founding rules at full size on every backend: 1,000 steps on 10,000 elements, every vector
	$(BIN)/adamcore conform $(FOUNDING:%=--rule %) --html $(REPORTS)/conformance.html --json $(REPORTS)/conformance.json

conform-all: $(READY)  ## every rule on every backend, with a small, stable part of each check
	$(BIN)/adamcore conform --quick --html $(REPORTS)/all/conformance.html --json $(REPORTS)/all/conformance.json

demo: $(READY)  ## replay a recorded training run through every framework; save a picture
	$(BIN)/adamcore demo --plot $(REPORTS)/all/demo.png

readme: conform-all demo  ## fill the README with what the commands print
	$(BIN)/python tools/readme.py $(REPORTS)/all

bench: $(READY)  ## time our steps beside the native ones; save numbers and a picture
	$(BIN)/python -m benchmarks --json $(REPORTS)/benchmarks.json --plot $(REPORTS)/benchmarks.png

test: $(READY)  ## the tests that run in minutes
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

test-slow: $(READY)  ## the others
	$(BIN)/python -m pytest -m "slow and not long" -n 2 --dist worksteal

test-long: $(READY)  ## what takes longer than CI has
	$(BIN)/python -m pytest -m long -n 2 --dist worksteal

test-accelerator:  ## a real offload runtime in an environment of its own: dpnp on OpenCL's CPU device
	$(PYTHON) tools/accelerator.py $(VENV)-accelerator

lint: $(READY)  ## style, types, generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/stubs.py --check
	$(BIN)/python tools/clauses.py --check
	$(BIN)/python tools/compatibility.py --check

docs: $(READY)  ## build the documentation, warnings are errors, and run its snippets
	$(BIN)/sphinx-build -E -W --keep-going -q -b html docs docs/_build/html
	$(BIN)/python -m pytest -q tests/docs/test_snippets.py tests/docs/test_clauses.py

spec-pdf: $(READY)  ## the specification as a PDF, with contents and an index of clauses
	$(BIN)/python tools/spec_pdf.py $(REPORTS)/adamcore-spec.pdf

stubs: $(READY)  ## regenerate the type stubs of the adapters
	$(BIN)/python tools/stubs.py

vectors: $(READY)  ## regenerate the vectors from the independent oracle
	$(BIN)/python -m tests.oracle.generate

clean:
	rm -rf $(VENV) $(VENV)-accelerator $(REPORTS) docs/_build dist

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all]" --group test --group lint --group docs
	touch $@
