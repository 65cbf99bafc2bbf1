args: { config = { }; extraFlags = [ "replaced" ]; autoStart = true; } // { extraFlags = builtins.attrNames args; }
