{ label, lib }: { config = { }; extraFlags = [ "--setenv=LABEL=${lib.toUpper label}" ]; timeoutStartSec = "5min"; }
