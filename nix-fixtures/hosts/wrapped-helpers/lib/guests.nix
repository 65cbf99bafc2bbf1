{ my, test, lib, ... }:
let
  guest = l: i: { privateNetwork = true; hostAddress = l.net.gateway; localAddress = l.net.address i; config = { }; };
in
{
  containers = { live = guest my 2; trial = guest test 3 // { ephemeral = true; }; };
  networking.nat.internalInterfaces = my.net.ifaces [ "live" "trial-with-a-long-name" ];
}
