# options: lint-absolute-path-literals fatal lint-short-path-literals fatal
let a = 4; in a / 2
