builtins.floor (-9.3e18)
