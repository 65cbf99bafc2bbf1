# Fifteen bytes, and patterns.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-fifteenchars" "ve-really-long-name*" ]; };
  networking.firewall.trustedInterfaces = [ "ve-+" ];
  containers.fifteenchars = {
    privateNetwork = true;
    extraVeths.storage-netwrk1 = { };
    config = { };
  };
  containers.really-long-name = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
}
