# make test       every test; says at once what it lacks here
# make demo       the main job on real input, in a throwaway systemd host
# make check      what needs no lab: formatting, lints, documentation, unit and fixture tests
# make scenarios  the program in a lab, end to end, after the lab's own test
# make scenario NAME=…    those whose name contains it, in a lab that stays up (LAB_NAME=scenarios tests/lab/lab down ends it)
# make attack     a switch that is killed, rebooted under, or loses its terminal or its readers, 112 times; SEED=… repeats a run
# make hosts-expected     what real Nix says of the host fixtures, written anew (needs the reference Nix)
# make lib-expected      what the calls of lib in nix-fixtures/nixpkgs/tests give, and what failing ones say, by real Nix
# make lang-expected      the results of the language cases, written anew by real Nix
# make git-expected       what real Nix makes of repositories on this machine, written anew
# make conformance        the language against real Nix, CASES=2000 generated expressions, and PROGRAMS=500 of the module system
#                 (against the library NIXPKGS_LIB=PATH, where that is given)
# make test-long  all of make test, with ten times as many generated expressions and programs, every mutation of the hosts, and a long fuzz
# make fuzz       random texts for the parser and the evaluator; FUZZ_SECONDS=600 each
# make wipe-race  trees are removed while others swap their directories for symlinks and mounts; WIPE_ROUNDS=10000
# make deny       licences and sources of the dependencies
# make bench      the evaluator beside real Nix, plans beside what they are made of, and starts beside bare units; writes docs/benchmarks.md

CARGO ?= cargo
# Programs that are built once for all clones.
CACHE = $(or $(CONTAINER_REBUILD_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/container-rebuild)
export PATH := $(CACHE)/tools/bin:$(PATH)
# A pipe fails as any of its commands does.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: test demo check scenarios scenario attack tools reference bench hosts-expected lang-expected git-expected lib-expected conformance \
	test-long bench-short fuzz fuzz-short deny wipe-race prerequisites optimised

# Two lanes, since much of either leaves a processor idle: the programs for debugging with their tests, and then the scenarios,
# which mostly wait for guests; beside them, and behind them where both have work, the optimised programs.
test: prerequisites tools
	nice $(MAKE) optimised 2>&1 | sed --unbuffered 's/^/optimised: /' & \
		code=0; $(MAKE) check deny scenarios || code=$$?; wait $$! || code=$$?; exit $$code

optimised: conformance bench-short fuzz-short

prerequisites:
	tests/prerequisites

test-long: export CASES = 20000
test-long: export PROGRAMS = 5000
test-long: FUZZ_SECONDS = 1200
test-long: export HOSTS_STRIDE = 1
test-long: test fuzz

# nft runs in the tests of the rules, in a network namespace of their own; nextest runs all tests.
tools:
	tests/tools nft cargo-nextest

demo:
	CARGO=$(CARGO) demo/demo.sh

check: tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --no-deps --document-private-items
	$(CARGO) nextest run

hosts-expected:
	nix-fixtures/reference/generate

# The Nix that the evaluator is compared with, once for all clones.
reference:
	tests/reference/reference

# The results of the cases in nix-fixtures/lang, written by Nix.
lang-expected: tools reference
	$(CARGO) nextest run --test lang --run-ignored only write_expected

# What Nix makes of local git repositories.
git-expected: tools reference
	$(CARGO) nextest run --test fetch_git --run-ignored only write_expected

# The results of the calls of lib in nix-fixtures/nixpkgs/tests, written by Nix.
lib-expected: reference
	$(CARGO) nextest run --test lib_table --test merging --run-ignored only write_expected

# The language against Nix itself: the stored results of the cases, and generated expressions. As long as CASES says. And the
# module system, as long as PROGRAMS says.
CASES ?= 2000
PROGRAMS ?= 500
conformance: tools reference
	DIFFERENTIAL_CASES=$(CASES) MODULE_PROGRAMS=$(PROGRAMS) $(CARGO) nextest run --cargo-profile conformance --test lang --test differential --test hostile \
		--test hosts --test fetch_git --test lib_table --test merging --test module_programs --run-ignored only --success-output final \
		-E 'not test(write_expected)'

bench: reference
	$(CARGO) bench --bench evaluator
	$(CARGO) bench --bench plan
	$(CARGO) bench --bench starts

# The same once each, for the results alone.
bench-short: reference
	$(CARGO) bench --profile conformance --bench evaluator -- --short
	$(CARGO) bench --profile conformance --bench plan -- --short

# Licences, banned crates and sources of what is depended on.
deny:
	tests/tools cargo-deny
	# It looks at the crates of all platforms; a build brings only this one's.
	$(CARGO) fetch --quiet --locked
	$(CARGO) deny --offline --locked check licenses bans sources
	@echo "advisories are not checked: their database is not to be had here"

# Random texts for the parser and the evaluator, guided by coverage, FUZZ_SECONDS each (cargo-fuzz).
FUZZ_SECONDS ?= 600
fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run

fuzz-short:
	FUZZ_SECONDS=20 fuzz/run

# The same race as among the unit tests, which have 200 rounds of it.
WIPE_ROUNDS ?= 10000
wipe-race: tools
	WIPE_ROUNDS=$(WIPE_ROUNDS) $(CARGO) nextest run --lib --no-capture -E 'test(nothing_outside_is_touched)'

scenarios: tools
	tests/lab/selftest
	CARGO=$(CARGO) tests/lab/scenarios/run

scenario: tools
	CARGO=$(CARGO) tests/lab/scenarios/run --keep $(NAME)

# All of it takes half an hour; make scenarios has a quarter.
attack: tools
	ATTACK_SCALE=1 CARGO=$(CARGO) tests/lab/scenarios/run --no-capture attack::
