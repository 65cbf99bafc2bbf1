# Given to two containers; equal to its own host end; equal to another's host end; an address of the host's own.
{
  networking.interfaces.eth1.ipv4.addresses = [ { address = "10.0.9.1"; prefixLength = 24; } ];
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.c = { privateNetwork = true; hostAddress = "10.0.3.1"; localAddress = "10.0.3.1"; config = { }; };
  containers.d = { privateNetwork = true; hostAddress = "10.0.4.1"; localAddress = "10.0.0.1"; config = { }; };
  containers.e = { privateNetwork = true; hostAddress = "10.0.5.1"; localAddress = "10.0.9.1"; config = { }; };
  containers.f = { privateNetwork = true; hostAddress6 = "fd00::1"; localAddress6 = "fd00:0::1"; config = { }; };
}
