# make test   every test
# make check  what needs no lab: formatting, lints, documentation, unit and fixture tests

CARGO ?= cargo

.PHONY: test check

test: check

check:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items
	$(CARGO) nextest run
