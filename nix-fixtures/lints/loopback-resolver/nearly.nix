# A guest in the host's own network; guests with other servers, a resolver of their own, or no copy of the host's file.
{ ... }:
let
  private = n: more: {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.${toString n}";
  } // more;
in {
  services.kresd.enable = true;
  containers.shared.config.services.nginx.enable = true;
  containers.own = private 11 {
    config = { lib, ... }: {
      networking.useHostResolvConf = lib.mkForce false;
      networking.nameservers = [ "9.9.9.9" ];
    };
  };
  containers.resolver = private 12 { config.services.dnsmasq.enable = true; };
  containers.none = private 13 { copyResolvConf = false; config = { }; };
}
