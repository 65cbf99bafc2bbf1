# options: lint-url-literals fatal
let f = x:x; in f
