# options: lint-url-literals warn
https://example.org/x.tar.gz
