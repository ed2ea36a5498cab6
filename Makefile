# Thin: everything real is in the program. Needs Python 3.11 or newer, git and make; the lock file brings the rest.
.DEFAULT_GOAL := help
.PHONY: help demo test chaos check bench clean

ARGS ?=
BIN := .venv/bin

help: ## show this list
	@sed -n 's/^\([a-z][a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST))

demo: $(BIN)/.ready-demo ## a hub and two country nodes to try (ARGS="--fresh" starts over, "--exit --json" only proves that it works)
	@echo '  Loading the program …' >&2
	@exec $(BIN)/sri-admin demo $(ARGS)

test: $(BIN)/.ready-test ## all tests, a file at a time on every core, or some (ARGS="tests/kernel -x")
	@exec $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --durations=20 $(ARGS)

chaos: $(BIN)/.ready-test ## the long torture: faults, kills and full sizes that take minutes to hours (ARGS="tests/federation")
	@exec $(BIN)/pytest -m chaos $(ARGS)

check: $(BIN)/.ready-check ## style, types, the floors of the house, translations
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports
	@$(BIN)/pytest tests/architecture -q
	@$(BIN)/sri-admin i18n check

bench: $(BIN)/.ready-test ## measurements (ARGS="sync --changes 50000 --json")
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

clean: ## stop the database servers under var/ and delete what was made here: var/, .venv/, .uv/, caches
	@if [ -d var ] && [ -x $(BIN)/python ]; then $(BIN)/python -c '$(REMOVE_CLUSTERS)'; fi
	@rm -rf var .venv .uv .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Run by root, a server keeps its data outside var/: it has to be asked where.
define REMOVE_CLUSTERS
from pathlib import Path; from sri_admin.kernel.postgres import Cluster, find_binaries; \
[Cluster(lock.with_suffix(""), find_binaries()).remove() for lock in Path("var").rglob("*.cluster-lock")]
endef

$(BIN)/.ready-demo: GROUPS :=
$(BIN)/.ready-test: GROUPS := --group test
$(BIN)/.ready-check: GROUPS := --group dev

# Standard output belongs to the program, so setting up speaks on standard error. The system's certificates are used because
# many offices sit behind a proxy that shows its own. Packages of the other groups stay (--inexact): demo and test take turns.
# All is compiled once, here: where Python is told to write nothing, every start would compile for ten seconds.
$(BIN)/.ready-%: pyproject.toml uv.lock
	@exec >&2; set -eu; \
	python=; \
	for name in $(BIN)/python python3.13 python3.12 python3.11 python3; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo 'Python 3.11 or newer is needed, and none was found on the PATH.'; exit 1; fi; \
	uv=uv; \
	if ! uv --version >/dev/null 2>&1; then \
	  uv=.uv/bin/uv; \
	  if ! $$uv --version >/dev/null 2>&1; then \
	    echo 'Fetching uv, the installer, into .uv/ ...'; \
	    "$$python" -m venv --clear .uv; \
	    for store in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do \
	      if [ -r "$$store" ]; then REQUESTS_CA_BUNDLE=$${REQUESTS_CA_BUNDLE:-$$store}; export REQUESTS_CA_BUNDLE; break; fi; \
	    done; \
	    .uv/bin/python -m pip install --quiet --disable-pip-version-check uv; \
	  fi; \
	fi; \
	certificates=--native-tls; \
	if $$uv sync --help 2>/dev/null | grep -q -e --system-certs; then certificates=--system-certs; fi; \
	echo 'Installing what the lock file names ...'; \
	$$uv sync --frozen --inexact --no-default-groups $(GROUPS) --python "$$python" --no-python-downloads $$certificates; \
	$(BIN)/python -m compileall -q -j 0 sri_admin "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
	touch $@
