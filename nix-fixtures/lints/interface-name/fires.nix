# An extra veth, a bridge and a macvlan that cannot be; and rules that name a link which has another name.
{
  networking.nat = {
    enable = true;
    internalInterfaces = [ "ve-really-long-long-name-2" ];
    externalInterface = "eth0";
  };
  containers.really-long-long-name-2 = {
    privateNetwork = true;
    hostBridge = "bridge-of-the-lan";
    extraVeths.storage-network-1 = { };
    macvlans = [ "enp0s31f6-uplink" ];
    config = { };
  };
}
