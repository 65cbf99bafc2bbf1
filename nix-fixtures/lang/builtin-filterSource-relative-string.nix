builtins.filterSource (p: t: true) "files"
