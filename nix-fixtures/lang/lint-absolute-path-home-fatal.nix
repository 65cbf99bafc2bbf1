# options: lint-absolute-path-literals fatal
~/x
