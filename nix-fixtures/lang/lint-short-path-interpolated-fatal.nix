# options: lint-short-path-literals fatal
files/a${"b"}/c
