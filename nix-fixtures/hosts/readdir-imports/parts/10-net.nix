{ networking.nat = { enable = true; externalInterface = "eth1"; internalInterfaces = [ "ve-one" ]; }; }
