{ networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; externalInterface = "ens3"; };
  containers.a = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; }; }
