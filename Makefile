# The targets that people use; meson.build does the work.
#   make up     first look: this machine's own traffic, metered, stored and queried
#   make test   everything that must hold (a clean clone on Debian 12 needs nothing before it)
.PHONY: build test up bench check docs format clean deps

BUILD := build
SETUP := meson setup $(if $(DUCKDB_DIR),-Dduckdb_dir=$(DUCKDB_DIR))

build: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

deps:
	@tools/deps.sh

$(BUILD)/build.ninja:
	@$(SETUP) $(BUILD) >/dev/null

up: build
	@tools/up.sh

test:
	@tools/deps.sh --test
	@tests/run

bench: build
	@tests/bench/run

check: build
	@tools/check

docs: build
	python3 tools/gen_registry.py registry columns.md > docs/columns.md

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-*
