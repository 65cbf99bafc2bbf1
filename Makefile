# make test       all tests; reports at once what this machine lacks for them
# make demo       the main use case on real input, in a throwaway systemd host
# make check      everything that needs no lab: formatting, lints, documentation, unit and fixture tests
# make scenarios  the program end to end in labs, after the lab's own test
# make scenario NAME=…    scenarios whose name contains NAME, in a lab that stays up
#                         (LAB_NAME=scenarios tests/lab/lab down stops it)
# make attack     112 switches that are killed, rebooted under, or lose their terminal or readers; SEED=… repeats a run
# make kill-matrix  a switch killed between any two of its effects: every point once in both directions
# make hosts-expected     regenerates what real Nix says about the host fixtures (needs the reference Nix)
# make lib-expected       regenerates the results and errors of the lib calls in nix-fixtures/nixpkgs/tests, with real Nix
# make lang-expected      regenerates the results of the language cases, with real Nix
# make git-expected       regenerates what real Nix makes of local git repositories
# make conformance        compares the language with real Nix, on CASES=2000 generated expressions, and the module system on
#                         PROGRAMS=500 generated programs (with the library NIXPKGS_LIB=PATH, if given)
# make test-long  make test with ten times as many generated expressions and programs, all mutations of the hosts, the whole
#                 kill matrix, a long fuzz, and Miri
# make fuzz       random input for the parser and the evaluator; FUZZ_SECONDS=600 each
# make miri       runs the evaluator's tests and every sixteenth language case in Miri, which finds undefined behaviour
# make wipe-race  removes trees while others replace their directories with symlinks and mounts; WIPE_ROUNDS=10000
# make deny       checks licences and sources of the dependencies
# make bench      measures the evaluator against real Nix, plans, starts and rules; writes docs/benchmarks.md

CARGO ?= cargo
# Holds programs that are built once for all clones.
CACHE = $(or $(CONTAINER_REBUILD_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/container-rebuild)
export PATH := $(CACHE)/tools/bin:$(PATH)
# A pipeline fails if any of its commands fails.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: test demo check scenarios scenario attack kill-matrix tools reference bench hosts-expected lang-expected git-expected lib-expected conformance \
	test-long bench-short fuzz fuzz-short miri deny wipe-race prerequisites second-lane lint unit

# The Cargo profile that the unit, fixture and end-to-end tests are built with.
export PROFILE ?= test

# Two lanes in parallel, since neither keeps all processors busy. One builds the tests and runs them, and then the scenarios,
# which mostly wait for guests. The other has all the rest, at a lower priority. Both use one build of the program, which is
# optimised, as the comparisons with Nix want it; numbers that overflow panic.
test: export PROFILE = conformance
test: prerequisites tools
	nice $(MAKE) second-lane 2>&1 | sed --unbuffered 's/^/second lane: /' & \
		code=0; $(MAKE) unit scenarios || code=$$?; wait $$! || code=$$?; exit $$code

second-lane: fuzz-short lint deny conformance bench-short

prerequisites:
	tests/prerequisites

test-long: export CASES = 20000
test-long: export PROGRAMS = 5000
test-long: FUZZ_SECONDS = 1200
test-long: export HOSTS_STRIDE = 1
test-long: test kill-matrix fuzz miri

# nft is used by the tests of the rules, in a network namespace of their own. nextest runs all tests.
tools:
	tests/tools nft cargo-nextest

demo:
	CARGO=$(CARGO) demo/demo.sh

check: lint unit

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --profile $(PROFILE) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" \
		$(CARGO) doc --profile $(PROFILE) --no-deps --document-private-items

unit: tools
	$(CARGO) nextest run --cargo-profile $(PROFILE)
	$(CARGO) test --doc --profile $(PROFILE) --quiet

hosts-expected:
	nix-fixtures/reference/generate

# Builds the Nix that the evaluator is compared with, once for all clones.
reference:
	tests/reference/reference

lang-expected: tools reference
	$(CARGO) nextest run --test fixtures --run-ignored only lang::write_expected

git-expected: tools reference
	$(CARGO) nextest run --test conformance --run-ignored only fetch_git::write_expected

lib-expected: tools reference
	$(CARGO) nextest run --test fixtures --run-ignored only lib_table::write_expected messages::write_expected \
		merging::write_expected

# Compares the language with Nix, on the stored cases and on CASES generated expressions, and the module system on PROGRAMS
# generated programs.
CASES ?= 2000
PROGRAMS ?= 500
conformance: tools reference
	DIFFERENTIAL_CASES=$(CASES) MODULE_PROGRAMS=$(PROGRAMS) $(CARGO) nextest run --cargo-profile conformance \
		--test conformance --test fixtures --run-ignored only --success-output final -E 'not test(write_expected)'

bench: reference
	$(CARGO) bench --bench evaluator
	$(CARGO) bench --bench plan
	$(CARGO) bench --bench starts
	$(CARGO) bench --bench rules

# Runs each benchmark once, to compare the results and to notice what got slower by multiples.
bench-short: reference
	$(CARGO) bench --profile conformance --bench evaluator -- --short
	$(CARGO) bench --profile conformance --bench plan -- --short

deny:
	tests/tools cargo-deny
	# cargo-deny needs the crates of all platforms, but a build only fetches those of this one.
	$(CARGO) fetch --quiet --locked
	$(CARGO) deny --offline --locked check licenses bans sources
	@echo "advisories are not checked: their database is not available here"

# Coverage-guided (cargo-fuzz), with AddressSanitizer but for the short version: it makes both building and running slower.
FUZZ_SECONDS ?= 600
fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run

fuzz-short:
	FUZZ_SECONDS=20 FUZZ_SANITIZER=none fuzz/run

# With Tree Borrows, because the syntax trees of rowan break the rules of Stacked Borrows.
miri: export MIRIFLAGS = -Zmiri-disable-isolation -Zmiri-tree-borrows
miri:
	cargo +nightly miri --version >/dev/null 2>&1 || \
		rustup toolchain install nightly --profile minimal --component miri,rust-src
	cargo +nightly miri test --quiet --lib --no-default-features -- code:: eval:: syntax::
	cargo +nightly miri test --test fixtures -- lang:: --skip lang::no_case --skip lang::every_

# The unit tests run the same race for 200 rounds.
WIPE_ROUNDS ?= 10000
wipe-race: tools
	WIPE_ROUNDS=$(WIPE_ROUNDS) $(CARGO) nextest run --lib --no-capture -E 'test(nothing_outside_is_touched)'

scenarios: tools
	tests/lab/selftest
	CARGO=$(CARGO) tests/lab/scenarios/run

scenario: tools
	CARGO=$(CARGO) tests/lab/scenarios/run --keep $(NAME)

# Takes half an hour. `make scenarios` runs a quarter of it.
attack: tools
	ATTACK_SCALE=1 CARGO=$(CARGO) tests/lab/scenarios/run --no-capture attack::a_switch_that_is_interrupted

kill-matrix: tools
	KILL_POINTS=all CARGO=$(CARGO) tests/lab/scenarios/run --no-capture attack::points::
