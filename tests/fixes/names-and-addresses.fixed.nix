# What is said in other words than the kernel's and systemd's; and a bridge that NAT does not name.
{
  networking.interfaces.br0.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalInterfaces = [
      "ve-really-l3QgY" # the first
      "ve-*"
      "br0"
    ];
  };
  containers.really-long-name = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_SYS_TIME" ];
    extraFlags = [ "--quiet" "--private-users=no" ];
    config = { };
  };
  containers.bridged = {
    privateNetwork = true;
    hostBridge = "br0";
    hostAddress = "10.9.0.1";
    localAddress = "10.9.0.2/24";
    config = { };
  };
}
