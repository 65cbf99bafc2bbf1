{ label, ... }: { config = { }; extraFlags = [ "--setenv=LABEL=${label}" ]; }
