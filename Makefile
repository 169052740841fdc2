# `make demo` shows the whole workflow, `make test` tests it. Both install what they need (.ci/setup).
#
#   make demo ARGS="--core m0"      another core; for all options: integrad demo --help
#   make test ARGS="-k layers"      run some of the tests
#   make test-firmware              run the tests in MicroPython on emulated cores
#   make soak                       power cuts, faults of files and lines, bounds of sums, at full length: an hour or two
#   make fuzz MINUTES=10            fuzz every file format for so long; ARGS="csv npz" for some of them
#   make lint | format | clean

VENV   ?= .venv
PYTHON ?= python3
JOBS   ?= $(shell nproc)
ARGS   ?=
MINUTES ?= 10

C_FILES = $(shell find device host codegen tests examples \( -name '*.c' -o -name '*.h' \) -print)

# Only the files with such tests are imported, unless ARGS names some.
FIRMWARE_TESTS = $(if $(findstring tests/,$(ARGS)),,$(shell grep -rl --include='test_*.py' 'mark\.firmware' tests))

.PHONY: demo test test-firmware soak fuzz lint format clean

demo: $(VENV)/.demo
	$(VENV)/bin/integrad demo $(ARGS)

# One worker per core, each with single-threaded NumPy, since the matrix products are small. The order of files is
# that of tests/conftest.py. Compiled Python starts the processes of tests sooner; where PYTHONDONTWRITEBYTECODE is
# set, they would not leave it for each other.
test: lint
	$(VENV)/bin/python -m compileall -q host codegen
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

# MicroPython on five emulated cores. The first run builds its firmware, which takes some minutes.
test-firmware: $(VENV)/.test
	$(VENV)/bin/python -m compileall -q host codegen
	$(VENV)/bin/integrad micropython build
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/pytest -n $(JOBS) -m firmware $(FIRMWARE_TESTS) $(ARGS)

# The result of the last run is in docs/results/reliability.md.
soak: $(VENV)/.test
	$(VENV)/bin/python tests/store/soak.py $(ARGS)
	$(VENV)/bin/python tests/micropython/soak_saves.py
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python tests/faults/soak_faults.py
	$(VENV)/bin/python tests/extremes/soak_extremes.py
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python tests/serial/serial_faults.py
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python tests/extremes/mutants.py

# Guided by coverage, with atheris and libFuzzer. The result of the last run is in docs/results/reliability.md.
fuzz: $(VENV)/.test
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/bin/python -m pip install -qq -e '.[fuzz]'
	$(VENV)/bin/python tests/fuzz/fuzz.py --minutes $(MINUTES) $(ARGS)

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(if $(C_FILES),$(VENV)/bin/clang-format --dry-run --Werror $(C_FILES))
	$(VENV)/bin/python tests/lint/check_c.py

format: $(VENV)/.test
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(if $(C_FILES),$(VENV)/bin/clang-format -i $(C_FILES))

# One stamp file per purpose: setup is skipped until its inputs change.
$(VENV)/.demo $(VENV)/.test: pyproject.toml .ci/setup .ci/tools
	@bash .ci/setup $(patsubst .%,%,$(notdir $@)) $(VENV) $(PYTHON)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
