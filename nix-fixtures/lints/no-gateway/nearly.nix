# Gateways of the container and of the guest; addresses from somebody else; a bridge that nobody is to leave; links of its own.
{ ... }: {
  containers.host-address = {
    privateNetwork = true;
    hostBridge = "br0";
    hostAddress = "10.9.0.1";
    localAddress = "10.9.0.3/24";
    config.services.transmission.enable = true;
  };
  containers.own-gateway = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.4/24";
    config = { services.transmission.enable = true; networking.defaultGateway = "10.9.0.254"; };
  };
  containers.dhcp = {
    privateNetwork = true;
    hostBridge = "br0";
    config = { services.transmission.enable = true; networking.interfaces.eth0.useDHCP = true; };
  };
  containers.internal = {
    privateNetwork = true;
    hostBridge = "br1";
    localAddress = "10.8.0.2/24";
    config.services.nginx.enable = true;
  };
  containers.other-link = {
    privateNetwork = true;
    hostBridge = "br1";
    localAddress = "10.8.0.3/24";
    macvlans = [ "eth0" ];
    config.services.transmission.enable = true;
  };
}
