builtins.abort "reason"
