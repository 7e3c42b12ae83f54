# `make help` lists what there is. Everything but Python (and a browser for some tests) is installed here.

PORT ?= 8000
SERVE ?= 1
VENV ?= .venv
RUN = $(VENV)/bin
SOURCES = config studies questionnaires fieldwork qc exports tests manage.py

# Byte code that is not kept is compiled anew by every program that starts.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is neither too old nor too new; `python3` itself when it fits.
FITS = -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name $(FITS) && echo $$name && break; done)
endif

.DEFAULT_GOAL := help
.PHONY: help demo test lint format messages bench lock clean python venv venv-dev

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: venv ## Run the reference study in the browser (PORT=8000, RESET=1 begins anew, SERVE=0 only makes the files)
	@$(RUN)/python manage.py demo --port $(PORT) \
		$(if $(filter 1 yes true,$(RESET)),--reset) $(if $(filter 0 no false,$(SERVE)),--no-serve)

test: venv-dev lint ## Check style, types and imports, then run all tests (ARGS=... goes to pytest)
	@CHROMIUM="$$($(RUN)/python -m tests.chromium)" && export CHROMIUM && $(RUN)/pytest -n 2 --dist worksteal $(ARGS)

lint: venv-dev ## Check style, types and the direction of imports
	@$(RUN)/ruff check $(SOURCES)
	@$(RUN)/ruff format --check $(SOURCES)
	@SECRET_KEY=only-for-reading-the-settings-while-checking $(RUN)/mypy
	@$(RUN)/lint-imports --no-logo

format: venv-dev ## Put the code into its usual form
	@$(RUN)/ruff check --fix $(SOURCES)
	@$(RUN)/ruff format $(SOURCES)

messages: venv-dev ## Collect new texts into locale/*.po, to be translated there
	@$(RUN)/python manage.py makemessages

bench: venv-dev ## Measure the slow spots against their floors
	@$(RUN)/python -m tests.benchmarks

lock: venv-dev ## Choose new versions of the dependencies and lock them by hash
	@set -e; compile="$(RUN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate"; \
	$$compile pyproject.toml -o requirements.lock; \
	$$compile pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock; \
	echo uv | $$compile - -o requirements-setup.lock

clean: ## Delete what was built here, but no data
	@rm -rf $(VENV) var/static var/test .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +
	@find . -name '*.mo' -not -path './$(VENV)/*' -delete

python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Dala needs Python 3.11, 3.12 or 3.13 and found none. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
		exit 1; fi
	@$(PYTHON) $(FITS) || { \
		echo "$(PYTHON) is missing or no Python 3.11, 3.12 or 3.13. Name another one: make PYTHON=/path/to/python3.12 ..." >&2; \
		exit 1; }

venv: python
	@$(PYTHON) -I config/bootstrap.py $(VENV)

venv-dev: python
	@$(PYTHON) -I config/bootstrap.py $(VENV) --dev
