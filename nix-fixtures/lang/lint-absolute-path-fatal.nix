# options: lint-absolute-path-literals fatal
[ ./a /etc/passwd ]
