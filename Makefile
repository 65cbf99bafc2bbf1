# make test       every test
# make demo       the main job on real input, in a throwaway systemd host
# make check      what needs no lab: formatting, lints, documentation, unit and fixture tests
# make scenarios  the program in a lab, end to end, after the lab's own test
# make scenario NAME=…    those whose name contains it, in a lab that stays up (tests/lab/lab down ends it)
# make hosts-expected     what real Nix says of the host fixtures, written anew (needs the reference Nix)
# make lang-expected      the results of the language cases, written anew by real Nix
# make conformance        the language against real Nix, and CASES=2000 generated expressions
# make bench      the evaluator beside real Nix; writes docs/benchmarks.md

CARGO ?= cargo

.PHONY: test demo check scenarios scenario tools reference bench hosts-expected lang-expected conformance

test: check scenarios

# nft runs in the tests of the rules, in a network namespace of their own.
tools:
	command -v nft >/dev/null || { apt-get update -qq && apt-get install -qq -y nftables; }

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
lang-expected: reference
	$(CARGO) nextest run --test lang --run-ignored only write_expected

# The language against Nix itself: the stored results of the cases, and generated expressions. As long as CASES says.
CASES ?= 2000
conformance: reference
	DIFFERENTIAL_CASES=$(CASES) $(CARGO) nextest run --release --test lang --test differential --run-ignored only \
		--no-capture -E 'not test(write_expected)'

bench: reference
	$(CARGO) bench --bench evaluator

scenarios: tools
	tests/lab/selftest
	CARGO=$(CARGO) tests/lab/scenarios/run

scenario: tools
	CARGO=$(CARGO) tests/lab/scenarios/run --keep $(NAME)
