# Everything runs in .venv, which is made here and brought up to date when setup.cfg changes.
# `make test` is all that CI runs.  The last line it prints is the count of the tests.

SHELL = /bin/bash -o pipefail
PYTHON ?= python3
BIN = .venv/bin
PIP_INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check

# One stamp per set of packages: `make demo` installs the core only.
CORE = .venv/.core-installed
DEV = .venv/.dev-installed

# The real shell of MongoDB, for the tests of exec_mongo_shell: it is on npm only.
MONGOSH = build/mongosh/node_modules/.bin/mongosh
NPM_INSTALL = npm install --silent --ignore-scripts --no-audit --no-fund --no-save

# The router of the data nodes: its pins do not go with current packages.
ROUTER = build/crossbar

# A browser's pages are the same on every reactor; so are files, databases and the router.
UV_FILES = $(filter-out $(addprefix %/test_, page.py page_scripts.py swagger.py datanode_hub.py \
	datanode_live.py datanode_live_kinds.py datanode_router_install.py datanode_scanner.py), \
	$(wildcard tests/integration/test_*.py))
UV_TESTS = $(subst /,.,$(UV_FILES:.py=))

UNIT_FILES = $(filter-out tests/integration,$(patsubst %/__init__.py,%,$(wildcard tests/*/__init__.py)))
UNIT_TESTS = $(subst /,.,$(UNIT_FILES) $(patsubst %.py,%,$(wildcard tests/test_*.py)))

LOGS = build/trial.log build/trial-epoll.log build/trial-uv.log

.PHONY: test lint contracts types trial docs demo bench format clean mongosh router
.NOTPARALLEL:

# Every check runs, also after one has failed; the count comes last.
test: $(DEV)
	@$(MAKE) --no-print-directory --keep-going lint contracts types docs trial; status=$$?; \
	$(BIN)/python tests/summary.py $(LOGS) || status=1; exit $$status

lint: $(DEV)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

contracts: $(DEV)
	$(BIN)/lint-imports --no-logo

types: $(DEV)
	$(BIN)/mypy

trial: $(DEV) mongosh router
	@mkdir -p build && rm -f build/trial*.log
	$(BIN)/coverage erase
	status=0; \
	$(BIN)/coverage run -m twisted.trial -j2 $(UNIT_TESTS) 2>&1 | tee build/trial.log || status=1; \
	grep -hor "Twisted's suite on .*" _trial_temp; \
	echo "The integration tests:"; \
	$(BIN)/trial -j2 tests.integration 2>&1 | tee build/trial-epoll.log || status=1; \
	echo "The integration tests, with the reactor uv:"; \
	NETSIM_TEST_REACTOR=uv $(BIN)/trial -j2 $(UV_TESTS) \
	2>&1 | tee build/trial-uv.log || status=1; exit $$status
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Without npm, or a registry, its tests are skipped, or fail where they are required.
mongosh:
	@[ -x $(MONGOSH) ] || ! command -v npm >/dev/null || { mkdir -p build/mongosh && \
	$(NPM_INSTALL) --prefix build/mongosh mongosh@2.12.0; } || echo "mongosh is not installed"

router: $(DEV)
	@[ -e $(ROUTER)/bin/crossbar ] || $(BIN)/netsim hub install-router --directory $(ROUTER) || \
	echo "crossbar is not installed"

docs: $(DEV)
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

demo: $(CORE)
	$(BIN)/python -m netsim.demo

bench: $(DEV)
	$(BIN)/python -m bench

format: $(DEV)
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

clean:
	rm -rf .venv build dist docs/_build bench/out demo .coverage* _trial_temp* *.egg-info
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# pip is the last thing that venv puts there: an interrupted one is made again.
$(BIN)/pip:
	$(PYTHON) -m venv .venv

$(CORE): setup.cfg pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable .
	@touch $@

$(DEV): setup.cfg pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable '.[dev,daemon,datanode,fast]'
	$(PIP_INSTALL) --editable '.[g3]' || echo "so3g is not installed: there is none for this Python"
	@touch $@
