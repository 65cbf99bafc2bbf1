# options: lint-short-path-literals fatal
[ ./ok ../ok files/x ]
