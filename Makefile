# make report   makes the environment, installs what a report needs, writes the weekly PDF from the bundled simulated sample
# make test     installs what the tests need beside it, runs the whole test suite
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORT := $(VENV)/.report
READY := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help report test test-slow test-system lint coverage notebooks benchmark benchmark-size benchmark-size-quick benchmark-panels benchmark-claims benchmark-detectors benchmark-detector-speed benchmark-reading docs torture matrix licences bill audit clean

help:
	@echo "make report             the weekly PDF from the bundled SIMULATED sample"
	@echo "make test               the test suite"
	@echo "make test-slow          the long form of some of its tests: every golden answer, every notebook, the built wheel"
	@echo "make test-system        what needs programs beyond Python (poppler); skips with its reason"
	@echo "make lint               ruff and mypy"
	@echo "make coverage           which branches the tests take, an hour in pieces; fails under 95 %"
	@echo "make docs               the documentation site, in build/site: strict, offline, links and commands checked"
	@echo "make notebooks          open the notebooks in JupyterLab"
	@echo "make benchmark          every speed beside its peer, and the page benchmarks/README.md, about an hour"
	@echo "make benchmark-size     size and power of the test and of the usual ones, about half an hour"
	@echo "make benchmark-panels   false discoveries and rises found in panels of many regions, about half an hour"
	@echo "make benchmark-claims   the same for the tests of the other claims, about an hour"
	@echo "make benchmark-detectors detectors against each other, and budgets kept, about twenty minutes"
	@echo "make benchmark-detector-speed their speed against named peers, about five minutes"
	@echo "make torture            fuzzing, kills, mutants, branches, two years of weekly reports: hours; writes docs/reliability.md"
	@echo "make matrix             every Python found here, with lowest, pinned and newest versions: an hour"
	@echo "make licences, bill, audit  licences of what is installed, a bill of materials, known faults"
	@echo "make benchmark-reading  seconds to read and count 100,000 rows, and to test 10,000 regions"

$(REPORT): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed; found $$($(PYTHON) --version). Say which: make PYTHON=python3.12" >&2; exit 2; }
	@echo "making $(VENV), and installing what a report needs into it; about a minute"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report]'
	@touch $@

$(READY): $(REPORT)
	@echo "installing what the tests need beside it"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

report: $(REPORT)
	@echo "writing the report of the bundled SIMULATED sample into reports"
	@$(BIN)/uptick report --sample --week 2020-W16 -o reports

test: $(READY)
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup --no-loadscope-reorder -m 'not system and not slow'

test-slow: $(READY)
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup --no-loadscope-reorder -m 'slow and not system'

test-system: $(READY)
	@$(BIN)/python -m pytest -q -m system

lint: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

coverage: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@$(BIN)/python tests/torture/covered.py; ended=$$?; $(BIN)/python tests/torture/page.py; exit $$ended

docs: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,docs]'
	@$(BIN)/python -W ignore docs/run_commands.py
	@rm -rf build/site && $(BIN)/python -W ignore -m sphinx -q -E -W --keep-going -c docs . build/site
	@$(BIN)/python docs/check_site.py build/site
	@echo "build/site/index.html"

notebooks: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[interactive,notebook]'
	@$(BIN)/jupyter lab notebooks/index.ipynb

benchmark: $(READY)
	@$(BIN)/python -m benchmarks --run

benchmark-size: $(READY)
	@for part in size_power one_region coverage detectable monitor_limits; do \
	  echo "== $$part"; $(BIN)/python benchmarks/$$part.py || failed="$$failed $$part"; done; \
	  test -z "$$failed" || { echo "a bar failed in:$$failed" >&2; exit 1; }

benchmark-size-quick: $(READY)
	@$(BIN)/python benchmarks/size_power.py --quick
	@$(BIN)/python benchmarks/one_region.py --quick

benchmark-panels: $(READY)
	@for part in panels panels_further named_nowhere; do \
	  echo "== $$part"; $(BIN)/python benchmarks/$$part.py || failed="$$failed $$part"; done; \
	  test -z "$$failed" || { echo "a bar failed in:$$failed" >&2; exit 1; }

benchmark-claims: $(READY)
	@for claim in gaps alternatives expected_null expected_steady which_null day change recurring scan concentration response severity; do \
	  echo "== $$claim"; $(BIN)/python benchmarks/$$claim.py || failed="$$failed $$claim"; done; \
	  test -z "$$failed" || { echo "a bar failed in:$$failed" >&2; exit 1; }

benchmark-detectors: $(READY)
	@for part in detectors farrington budget; do \
	  echo "== $$part"; $(BIN)/python benchmarks/$$part.py || failed="$$failed $$part"; done; \
	  test -z "$$failed" || { echo "a bar failed in:$$failed" >&2; exit 1; }

benchmark-detector-speed: $(READY)
	@for part in weekly ears cusum glr; do \
	  echo "== $$part"; $(BIN)/python benchmarks/detector_speed_$$part.py || failed="$$failed $$part"; done; \
	  test -z "$$failed" || { echo "a bar failed in:$$failed" >&2; exit 1; }

benchmark-reading: $(READY)
	@$(BIN)/python benchmarks/reading.py
	@$(BIN)/python benchmarks/speed.py

torture: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@for part in fuzz kills mutants covered long_haul; do \
	  echo "== $$part"; $(BIN)/python tests/torture/$$part.py || failed="$$failed $$part"; done; \
	  $(BIN)/python tests/torture/page.py; \
	  test -z "$$failed" || { echo "a fault was found by:$$failed" >&2; exit 1; }

matrix: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@$(BIN)/python tests/torture/matrix.py

licences: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@$(BIN)/pip-licenses --from=mixed --order=license

bill: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@mkdir -p build && $(BIN)/cyclonedx-py environment $(VENV) --output-reproducible -o build/bill.json && echo build/bill.json

audit: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torture]'
	@$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

clean:
	rm -rf $(VENV) build dist reports .pytest_cache .mypy_cache .ruff_cache .hypothesis
