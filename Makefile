# Everything that is done to this repository, one word each. `make` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
# Further arguments: for gatewayd in `make run ARGS="--port 9000"`, for the tool in `make bench ARGS=...`.
ARGS ?=
# Further flags for every swift build and swift test, such as -j 1.
SWIFT_FLAGS ?=
# Where eval.py and dev.jsonl are, for `make eval-routing`.
DATA ?= ../shared/data/routing
# Where sets of pairs of questions are, for `make eval-cache`.
PAIRS ?= ../shared/data/semantic-cache
# How long each fuzzer runs in `make fuzz`, how many at once, and which of them; all where TARGETS is empty.
FUZZ_SECONDS ?= 30
FUZZ_JOBS ?= 1
TARGETS ?=
# How long `make soak` takes.
SOAK_MINUTES ?= 60
FORMATTED := Sources Tests tools Package.swift
PROGRAMS := gatewayd gateway-tui gateway-simulator

.PHONY: help setup setup-tests build run test install conformance bench bench-cache bench-classify bench-embedding bench-quality bench-tui \
	bench-reduction eval-routing eval-cache \
	faults faults-figures fuzz tsan asan soak format format-check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what building and running need; quick when nothing is missing
	@tools/setup.sh

setup-tests: ## The same, and what the tests need: servers, tmux, Python environments
	@tools/setup.sh --tests

# The Swift libraries are linked in: the programs then run without a toolchain, start faster and need less memory. One by
# one, as `swift build` builds either one product or, with all the benchmarks, several minutes longer.
build: setup ## Build the programs, optimised, into .build/release
	@for program in $(PROGRAMS); do \
		echo "building $$program" && swift build -c release --static-swift-stdlib --product $$program $(SWIFT_FLAGS) || exit 1; \
	done

run: build ## Start the gateway with its dashboard; ARGS="--port 9000" goes to gatewayd
	@tools/run.sh $(ARGS)

# One Swift test at a time: many of them wait for a state, and would wait long beside hundreds of others. What failed is
# said again at the end. The last line is pytest's summary.
test: setup-tests ## Check the format, build, and run all tests
	@$(MAKE) --no-print-directory format-check
	swift build $(SWIFT_FLAGS)
	@set -o pipefail; swift test --no-parallel $(SWIFT_FLAGS) 2>&1 | tee .build/swift-tests.log \
		|| { echo "failed:"; grep '✘' .build/swift-tests.log; exit 1; }
	@.venv-test/bin/python -m pytest Tests/BlackBox

install: build ## Install the programs, the configuration and the systemd unit; PREFIX=/usr/local DESTDIR=
	@tools/install/install.sh

conformance: setup-tests ## Print which client works with which provider; fails where one does not
	swift build $(SWIFT_FLAGS)
	@.venv-test/bin/python -m pytest --quiet --matrix Tests/BlackBox/test_conformance.py

bench: build ## Measure what the gateway adds to a request
	@tools/bench/run.sh $(ARGS)

bench-embedding: setup ## Compare the embedding engine with its reference and its speed with onnxruntime's
	swift build -c release --static-swift-stdlib --product embedding-bench $(SWIFT_FLAGS)
	@tools/bench/embedding.sh

bench-cache: setup ## Measure the caches in memory; ARGS="--inserts 1000000" for a shorter run
	swift build -c release --static-swift-stdlib --product cache-bench $(SWIFT_FLAGS)
	@.build/release/cache-bench $(ARGS)

bench-reduction: setup ## Measure how fast prompts are made shorter
	swift build -c release --static-swift-stdlib --product reduction-bench $(SWIFT_FLAGS)
	@.build/release/reduction-bench

bench-classify: setup ## Measure how long it takes to score a prompt
	swift build -c release --static-swift-stdlib --product classify-bench $(SWIFT_FLAGS)
	@.build/release/classify-bench

bench-tui: setup ## Measure what the terminal costs: processor, bytes, memory, keys, 100,000 rows, 8 simulated hours
	swift build -c release --static-swift-stdlib --product gateway-tui $(SWIFT_FLAGS)
	@tools/tui/figures.py $(ARGS)

bench-quality: setup ## Measure how long it takes to judge an answer
	swift build -c release --static-swift-stdlib --product quality-bench $(SWIFT_FLAGS)
	@.build/release/quality-bench

eval-routing: build setup-tests ## Judge the routing on labelled prompts beside simple heuristics; DATA=directory
	@.venv-test/bin/python -m pip install --quiet --disable-pip-version-check numpy
	@.venv-test/bin/python tools/router/eval_routing.py --gatewayd .build/release/gatewayd --data $(DATA) $(ARGS)

eval-cache: build ## Judge the semantic cache on pairs of questions; PAIRS=directory
	@python3 tools/cache/eval_cache.py --gatewayd .build/release/gatewayd --data $(PAIRS) $(ARGS)

faults: build ## Drive the fault kit against the gateway, in both dialects; KIT=directory, PARTS="badreq faults"
	@tools/faults/run.sh

fuzz: setup ## Replay and run the fuzzers with AddressSanitizer; FUZZ_SECONDS=30 for each, TARGETS="json http"
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_JOBS=$(FUZZ_JOBS) TARGETS="$(TARGETS)" SWIFT_FLAGS="$(SWIFT_FLAGS)" tools/fuzz/run.sh

# swift test exits with 0 where ThreadSanitizer only reports; with halt_on_error the first report ends it.
tsan: setup ## Run the unit tests with ThreadSanitizer, in .build-tsan
	TSAN=1 swift build --build-tests --sanitize=thread --scratch-path .build-tsan $(SWIFT_FLAGS)
	TSAN=1 TSAN_OPTIONS="halt_on_error=1 suppressions=$(CURDIR)/tools/sanitizers/thread.supp" swift test --skip-build --no-parallel --sanitize=thread --scratch-path .build-tsan

asan: setup ## Run the unit tests with AddressSanitizer, in .build-asan
	swift build --build-tests --sanitize=address --scratch-path .build-asan $(SWIFT_FLAGS)
	ASAN_OPTIONS=detect_leaks=0 swift test --skip-build --no-parallel --sanitize=address --scratch-path .build-asan

soak: build ## Mixed traffic and faults against a daemon of its own, its memory and descriptors watched; SOAK_MINUTES=60
	@python3 tools/soak/soak.py --minutes $(SOAK_MINUTES) $(ARGS)

faults-figures: build ## Inject named faults of clients, machine, disk, Redis, PostgreSQL…; ARGS="--short redis", ARGS=--list
	@python3 tools/faults/figures.py $(ARGS)

format: ## Format the Swift sources in place
	swift format format --in-place --recursive --parallel $(FORMATTED)

format-check: ## Say where the format departs from .swift-format
	swift format lint --strict --recursive --parallel $(FORMATTED)

clean: ## Remove what was built and the Python environments
	swift package clean
	rm -rf .build-fuzz .build-tsan .build-asan
	rm -rf .venv-test .venv-old-sdk .venv-bench
