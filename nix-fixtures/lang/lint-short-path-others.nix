# options: lint-short-path-literals fatal lint-url-literals fatal
builtins.length [ ./a ../b/${"c"} /d ~/e <fixtures> ]
