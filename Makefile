# make test   every test
# make check  what needs no lab: formatting, lints, documentation, unit and fixture tests

CARGO ?= cargo

.PHONY: test check tools

test: check

# nft runs in the tests of the rules, in a network namespace of their own.
tools:
	command -v nft >/dev/null || { apt-get update -qq && apt-get install -qq -y nftables; }

check: tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --no-deps --document-private-items
	$(CARGO) nextest run
