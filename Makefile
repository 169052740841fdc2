# `make demo` shows the whole way, `make test` proves it. Both bring everything they need (.ci/setup).
#
#   make demo ARGS="--core m0"      another core, another speaker: integrad demo --help
#   make test ARGS="-k layers"      some of the tests
#   make test-firmware              the tests in MicroPython on emulated cores
#   make lint | format | clean

VENV   ?= .venv
PYTHON ?= python3
JOBS   ?= $(shell nproc)
ARGS   ?=

C_FILES = $(shell find device host codegen tests \( -name '*.c' -o -name '*.h' \) -print)

.PHONY: demo test test-firmware lint format clean

demo: $(VENV)/.demo
	$(VENV)/bin/integrad demo $(ARGS)

# One worker a core, each with single-threaded NumPy: the products here are too small to share.
test: lint
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/pytest -n $(JOBS) --dist loadfile $(ARGS)

# MicroPython on four emulated cores. The first time, its firmware is built, for some minutes.
test-firmware: $(VENV)/.test
	$(VENV)/bin/integrad micropython build
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/pytest -n $(JOBS) -m firmware $(ARGS)

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(if $(C_FILES),$(VENV)/bin/clang-format --dry-run --Werror $(C_FILES))

format: $(VENV)/.test
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(if $(C_FILES),$(VENV)/bin/clang-format -i $(C_FILES))

# A stamp for each purpose: setting up again is skipped until what it installs changes.
$(VENV)/.demo $(VENV)/.test: pyproject.toml .ci/setup .ci/tools
	@bash .ci/setup $(patsubst .%,%,$(notdir $@)) $(VENV) $(PYTHON)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
