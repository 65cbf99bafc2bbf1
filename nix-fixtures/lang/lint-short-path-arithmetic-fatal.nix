# options: lint-short-path-literals fatal
let a = 4; b = 2; in a/b
