# options: lint-url-literals fatal
[ "https://a" https://example.org/x.tar.gz ]
