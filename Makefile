# The targets that people use; meson.build does the work.  DUCKDB_DIR=DIR says where the database
# library is, where it is not to be fetched into deps/duckdb.
.PHONY: help build test fuzz up bench check docs format clean deps

.DEFAULT_GOAL := build
BUILD := build
SECONDS ?= 60
SETUP := meson setup $(if $(DUCKDB_DIR),-Dduckdb_dir=$(DUCKDB_DIR))

help: ## lists these targets
	@awk -F ' ## ' '/^[a-z]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: deps $(BUILD)/build.ninja ## the program, as build/weir
	@ninja -C $(BUILD) --quiet

test: ## everything that must hold; a clean clone on Debian 12 needs nothing before it
	@tools/deps.sh --test
	@tests/run

fuzz: ## every entry point, fed with inputs that break laws if any can (SECONDS=60, for each)
	@tools/deps.sh --test
	@tests/fuzz/run.py $(SECONDS)

up: build ## first look: a collector with its defaults, and something to ask it
	@tools/up.sh

bench: build ## how fast it is, in an hour (BENCH=--quick: minutes, to see that it works)
	@tests/bench/run $(BENCH)
	@tests/bench/collector $(BENCH)
	@tests/bench/kql $(BENCH)
	@tests/bench/compact $(BENCH)
	@tests/bench/exporter $(BENCH)

check: build ## what takes seconds: format, layers, headers, generated pages, unit tests
	@tools/check

docs: build ## writes the pages that are made from tables
	@python3 tools/gen_registry.py registry columns.md > docs/columns.md
	@$(BUILD)/weir help config > docs/configuration.md
	@$(BUILD)/weir help kql > docs/kql.md

format: ## clang-format on every C file
	@git ls-files -c -o --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean: ## removes the build trees
	rm -rf build build-*

deps:
	@tools/deps.sh

$(BUILD)/build.ninja:
	@$(SETUP) $(BUILD) >/dev/null
