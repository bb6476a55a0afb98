# make run    set everything up, then train, pass the four gates, serve locally and promote
# make test   set everything up, then run the tests: nothing has to lie beside this repository
# make test-fast   the tests without servers, child processes and whole runs: under a minute
# make test-shared   once more what holds its work to files of ../shared (the lab's data, descriptions of interfaces), where they are
# make test-again  what failed in the run before, alone: a test that now passes is flaky
# make check  what CI runs: lint, format, types, import contracts, tests
# make constraints  pin what pyproject.toml newly needs, and write the digests of all pinned files anew
# make test-light   the tests that need no extra, in environments of the light form: numpy 2, each Python that is there
# make verdicts   how often the gates stop good work and let bad work pass, beside their peers (hours; QUICK=--quick: minutes)

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV   ?= .venv
EXTRAS ?= dev
DATA   ?= data/papers.csv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: run test test-fast test-light test-shared test-again check lint format constraints bench verdicts peers clean

run: $(READY) $(DATA)
	$(BIN)/gates run --data $(DATA)

# One file stays on one worker, because its tests share what they set up; the longest files come first (tests/conftest.py).
WORKERS ?= 2
PYTEST  := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(READY)
	@$(call RUN,$(ARGS))

# Runs pytest and leaves a stamp where it came to its end with failures: then, and only then, `make test-again` has a list to go by.
FAILED := $(VENV)/.failed
RUN     = rm -f $(FAILED); $(PYTEST) $(1) || { code=$$?; [ $$code -ne 1 ] || touch $(FAILED); exit $$code; }

# What runs in this process, or in few others: the words, the policy, the judgement, reading a run, the measures, the work.
FAST := $(filter-out tests/test_layers.py tests/test_faults_table.py,$(wildcard tests/test_*.py)) $(addprefix tests/,policy judgement reports history \
  execution/test_bad_checks.py execution/test_bad_runs_record.py execution/test_bad_runs_evidence.py execution/test_bad_runs_suite.py \
  work/config work/data work/serving)

test-fast: $(READY)
	$(PYTEST) $(FAST)

# The newest packages that the light form admits, without any extra: numpy 2, and Pythons that the whole form does not run on.
LIGHT      ?= 3.11 3.12 3.13
LIGHT_TESTS := tests/test_plain.py tests/measures/model tests/work/data tests/work/config tests/cli/test_compare_command.py

test-light: | $(BIN)/uv
	for version in $(LIGHT); do \
	  $(BIN)/uv venv --quiet --clear --python $$version $(VENV)-light-$$version && \
	  $(BIN)/uv pip install --quiet --python $(VENV)-light-$$version/bin/python --editable . 'numpy>=2' pytest-xdist hypothesis psutil && \
	  $(VENV)-light-$$version/bin/python -m pytest -q -n $(WORKERS) $(LIGHT_TESTS) || exit 1; done

test-shared: $(READY)
	@$(call RUN,-m "needs_shared or uses_shared")

# What failed in the run before, once more and one after the other, where that was five tests at the most. A fault fails again; a test
# that now passes depends on what runs beside it: it is named here, and is to be mended.
test-again: $(READY)
	@test -f $(FAILED) || { echo "no run came to its end with failures: nothing to run again"; exit 1; }
	@$(BIN)/python -m pytest --last-failed --collect-only -q | tee $(VENV)/again.txt
	@test "$$(grep -c '::' $(VENV)/again.txt)" -le 5 || { echo "more than five failures are no accident"; exit 1; }
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none
	@echo "FLAKY: failed beside other tests, passed alone:"; grep '::' $(VENV)/again.txt; rm $(FAILED)

check: lint test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) $(DATA)
	$(BIN)/python -m benchmarks.gates_run --data $(DATA)

# LAB is the lab's file, which is not part of this repository; without it the data of scikit-learn must do.
LAB ?= $(wildcard ../shared/data/COVID19Articles.csv)

verdicts: $(READY)
	$(BIN)/python -m benchmarks.verdicts $(QUICK) $(if $(LAB),--data $(LAB)) $(if $(ONLY),--only $(ONLY)) $(if $(SAVE),--save)

# Other tools to compare with, each in an environment of its own; several GiB, and none of it is needed by anything else.
PEERS := benchmarks/verdicts/peers

peers: $(READY)
	for peer in evidently deepchecks pandera alibi; do \
	  $(BIN)/uv venv --quiet --python $(BIN)/python $(PEERS)/.venv-$$peer && \
	  $(BIN)/uv pip install --quiet --python $(PEERS)/.venv-$$peer/bin/python -r $(PEERS)/$$peer.txt || exit 1; done

# A synthetic stand-in for the lab's file, so that a machine without it can run the main job.
data/papers.csv: | $(READY)
	$(BIN)/python -m ml.sample lab $@

# Exact versions, and of each the digests of its files: an index that serves other bytes is refused. Compiled once, because without
# compiled files great-expectations alone costs ten seconds at every import. Where uv is not set up for this network, pip installs
# everything that is pinned, because it takes no digests for what is only needed by something else.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' hashes.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.txt

$(READY): pyproject.toml constraints.txt hashes.txt | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes --constraint hashes.txt \
	  $(EXTRAS:%=--extra %) -r pyproject.toml \
	  || $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r hashes.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# The versions for every Python of the whole form; one that is pinned stays (delete its line for the newest), one that nothing needs
# any more goes. Of a project that is pinned once for all of them, two versions are a fault: tests/test_pinned_files.py finds it.
constraints: | $(BIN)/uv
	for version in 3.11 3.12; do \
	  $(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version $$version --constraint constraints.txt \
	    --extra dev --output-file $(VENV)/pins-$$version.txt pyproject.toml || exit 1; done
	{ sed -n '/^#/p' constraints.txt; LC_ALL=C sort -u $(VENV)/pins-3.11.txt $(VENV)/pins-3.12.txt; } > $(VENV)/pins.txt
	cp $(VENV)/pins.txt constraints.txt
	{ echo '# Digests of the files of every version in constraints.txt. Written by make constraints.'; \
	  $(BIN)/uv pip compile --quiet --no-header --no-annotate --no-deps --generate-hashes constraints.txt; } > $(VENV)/hashes.txt
	cp $(VENV)/hashes.txt hashes.txt

clean:
	rm -rf $(VENV) data/papers.csv .gates build dist *.egg-info
