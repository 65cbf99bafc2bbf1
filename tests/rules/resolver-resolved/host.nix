{ services.resolved.enable = true;
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config.networking.nameservers = [ "9.9.9.9" ]; };
  containers.b = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.3"; copyResolvConf = false; config = { }; };
  containers.c = { macvlans = [ "eth0" ]; config = { }; };
}
