builtins.trace "seen" 1
