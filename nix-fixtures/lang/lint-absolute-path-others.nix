# options: lint-absolute-path-literals fatal lint-url-literals fatal
builtins.length [ ./a b/c ]
