# Two commands set everything up:  make demo  and  make test
PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Several workers share the cores, so each takes one; what the tests of a file share is made once
# where one worker runs them. What was compiled is kept, whatever the shell says: else every worker
# and every program that a test starts compiles all of it again.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n logical --maxprocesses 4 --dist worksteal

.PHONY: demo test checks tests quick clean

# Downloads about 400 MB of weights, each once.
demo: .venv/.demo
	$(BIN)/empathia weights pull
	$(BIN)/empathia read examples/conversation.wav --names Ann,Ben --reply --report out/demo

test: .venv/.test
	$(BIN)/empathia weights pull
	$(BIN)/empathia weights pull whisper-tiny-en
	$(MAKE) --jobs 2 checks tests

checks tests: .venv/.test

checks:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tests:
	$(PYTEST) -m "not slow"

# For the edit loop, in an environment that `make test` has made: no weights, no browser.
quick:
	$(BIN)/ruff check .
	EMPATHIA_HOME=.venv/none $(PYTEST) -q -m "not (slow or weights or browser or corpus or long)"

# The environment is made once and again whenever what it depends on changes.
.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -e '.[asr,face,lm]'
	@touch $@

.venv/.test: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) torch==2.13.0
	$(PIP) -e '.[dev]'
	@touch $@ .venv/.demo

clean:
	rm -rf .venv out dist
