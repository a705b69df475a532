# `make demo` and `make test` need Rust >= 1.89, CPython >= 3.11 with pip and venv, make and a C compiler.
# Everything else goes into .venv and target.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
RUST_FILES := $(shell find src -type f) Cargo.toml Cargo.lock pyproject.toml
RUNTIME := holidays msgspec numpy tqdm

# One interpreter for every build, so that nothing is compiled twice for its sake.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: demo test proof fuzz build test-rust test-rust-python test-python notebooks clean

# The demo plant: simulated readings, diagnosed, summary on the terminal and demo/report.html.
demo: build
	mkdir -p demo
	$(BIN)/wattlens demo

# Everything that guards the project. Tests on real readings run where WATTLENS_DATA names their folder.
test: test-rust test-rust-python test-python notebooks

# The long proofs: every benchmark, and the tests that take minutes.
proof: build .venv/.test
	cargo bench
	$(BIN)/python benchmarks/billing.py
	$(BIN)/python benchmarks/performance.py --import-time --wheel --park
	$(BIN)/python benchmarks/accuracy.py --plants 100
	if [ -n "$$WATTLENS_DATA" ]; then $(BIN)/python benchmarks/estimation.py; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.txt -r requirements-peers.txt
	if [ -n "$$WATTLENS_DATA" ]; then $(BIN)/python benchmarks/anomalies; fi
	$(BIN)/python -m pytest -m proof tests/python
	WATTLENS_SEEDS=200 cargo test --release --lib anomaly
	WATTLENS_SEEDS=100 cargo test --release --lib electrical

# Every parser against changed fixtures, MINUTES each. Needs cargo-fuzz (`cargo install cargo-fuzz`); without a
# sanitizer it builds with the stable toolchain. What is found stays in fuzz/artifacts, new seeds in fuzz/corpus.
MINUTES ?= 2
FUZZ := read_csv:csv read_nem12:nem12 read_mscons:mscons read_green_button:green_button stamp_and_number:csv \
  read_tariff:tariffs read_urdb:urdb
fuzz:
	for pair in $(FUZZ); do \
	  target=$${pair%:*}; mkdir -p fuzz/corpus/$$target; \
	  cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target tests/fixtures/$${pair#*:} -- \
	    -max_total_time=$$(( $(MINUTES) * 60 )) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1; \
	done

build: .venv/.build

.venv/.runtime: requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CPython 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.txt maturin $(RUNTIME)
	touch $@

.venv/.test: .venv/.runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# The release build is what users get, so it is what the Python tests run on.
.venv/.build: .venv/.runtime $(RUST_FILES)
	$(BIN)/maturin develop --release --quiet
	touch $@

test-rust:
	cargo fmt --check
	cargo clippy --quiet --all-targets -- -D warnings
	cargo test --quiet
	cargo check --quiet --benches

# Tests with the feature link against libpython, which not every machine has a copy of to link with. Where there is
# none they are compiled and not run; the same code is tested through the extension by test-python. Only the
# modules of the binding are under the feature: all other tests are the same without it.
test-rust-python: .venv/.runtime
	cargo clippy --quiet --all-targets --features python -- -D warnings
	library=$$($(BIN)/python -c "$$FIND_LIBPYTHON"); \
	if [ -n "$$library" ]; then \
	  LD_LIBRARY_PATH="$$library$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}" \
	  DYLD_FALLBACK_LIBRARY_PATH="$$library" cargo test --quiet --lib --features python python::; \
	else \
	  echo "no libpython to link with: tests with the feature python are compiled, not run"; \
	  cargo check --quiet --lib --tests --features python; \
	fi

# Prints the folder of a shared libpython that a linker would find, or nothing.
define FIND_LIBPYTHON
import pathlib, sysconfig as s
folder, name = s.get_config_var("LIBDIR") or "", s.get_config_var("LDLIBRARY") or ""
is_there = s.get_config_var("Py_ENABLE_SHARED") and name and (pathlib.Path(folder) / name).exists()
print(folder if is_there else "")
endef
export FIND_LIBPYTHON

test-python: .venv/.build .venv/.test
	$(BIN)/ruff check python tests benchmarks notebooks
	$(BIN)/ruff format --check python tests benchmarks notebooks
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest wattlens._core
	$(BIN)/python -m pytest -q -m "not proof"

notebooks: .venv/.build .venv/.test
	if compgen -G "notebooks/*.ipynb" >/dev/null; then $(BIN)/python -m pytest -q --nbmake notebooks; fi

clean:
	rm -rf .venv target demo python/wattlens/_core*.so
