# The host's file is not taken, or is one that the guest writes itself; and a list with nothing in it.
{ lib, ... }: {
  containers.forced.config = {
    networking.useHostResolvConf = lib.mkForce false;
    networking.nameservers = [ "9.9.9.9" ];
  };
  containers.resolved.config = {
    networking.useHostResolvConf = lib.mkForce false;
    services.resolved.enable = true;
    networking.nameservers = [ "9.9.9.9" ];
  };
  containers.written.config = {
    environment.etc."resolv.conf".text = "nameserver 9.9.9.9";
    networking.nameservers = [ "9.9.9.9" ];
  };
  containers.none = { copyResolvConf = false; config.networking.nameservers = [ "9.9.9.9" ]; };
  containers.empty.config.networking.nameservers = [ ];
}
