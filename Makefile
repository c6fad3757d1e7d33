# Two commands for newcomers: `make conform` and `make test`. Both set up $(VENV) first.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
REPORTS ?= reports

.PHONY: conform conform-full demo readme test test-slow test-long test-accelerator lint docs spec-pdf stubs vectors bench clean

conform: $(READY)  ## run the conformance suite over every backend; print the matrix; write an HTML report
	$(BIN)/adamcore conform --quick --html $(REPORTS)/conformance.html --json $(REPORTS)/conformance.json

conform-full: $(READY)  ## the same at full size: 1,000 steps on 10,000 elements and every vector, which takes hours
	$(BIN)/adamcore conform --html $(REPORTS)/conformance-full.html --json $(REPORTS)/conformance-full.json

demo: $(READY)  ## replay a recorded training run through every framework; save a picture
	$(BIN)/adamcore demo --plot $(REPORTS)/demo.png

readme: conform demo  ## fill the README with what the commands print
	$(BIN)/python tools/readme.py $(REPORTS)

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

docs: $(READY)  ## build the documentation, warnings are errors
	$(BIN)/sphinx-build -E -W --keep-going -q -b html docs docs/_build/html

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
