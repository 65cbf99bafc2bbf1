{
  lib,
  base,
  hostName,
  upstream,
  octet ? 11,
  ...
}:
base octet {
  extraFlags = [ "--setenv=HOST=${hostName}" ] ++ map (u: "--setenv=UP=${u}") upstream;
  forwardPorts = lib.optional (upstream != [ ]) { protocol = "udp"; hostPort = 53; containerPort = 5300 + octet; };
}
