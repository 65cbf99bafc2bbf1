# One host end for all; the same address on two bridges; one that is not known; one without a network of its own.
{ pkgs, ... }: {
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.3"; config = { }; };
  containers.c = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.1.0.2/24"; config = { }; };
  containers.d = { privateNetwork = true; hostBridge = "br1"; localAddress = "10.1.0.2/24"; config = { }; };
  containers.e = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = pkgs.address; config = { }; };
  # The gateway of a container on a bridge may be another container.
  containers.router = { privateNetwork = true; hostBridge = "br2"; localAddress = "10.2.0.1/24"; config = { }; };
  containers.behind = {
    privateNetwork = true;
    hostBridge = "br2";
    hostAddress = "10.2.0.1";
    localAddress = "10.2.0.2/24";
    config = { };
  };
}
