# A function with default arguments makes every container; callers give what differs.
{ lib, ... }:
let
  mkContainer =
    {
      id,
      module,
      autoStart ? true,
      mounts ? { },
      tun ? false,
      ports ? [ ],
      extra ? { },
    }@args:
    {
      inherit autoStart;
      privateNetwork = true;
      hostAddress = "172.16.${toString id}.1";
      localAddress = "172.16.${toString id}.2";
      hostAddress6 = "fd00:${toString id}::1";
      localAddress6 = "fd00:${toString id}::2";
      enableTun = tun;
      bindMounts = lib.mapAttrs (_: path: { hostPath = path; isReadOnly = false; }) mounts;
      forwardPorts = map (port: { hostPort = port; containerPort = port; protocol = "tcp"; }) ports;
      restartIfChanged = !(args ? ports);
      config =
        { ... }:
        {
          imports = [ module ];
          networking.firewall.allowedTCPPorts = ports;
          system.stateVersion = "24.11";
        };
    }
    // extra;
in
{
  networking.hostName = "mill";
  networking.firewall.enable = true;
  networking.nat.enable = true;
  networking.nat.enableIPv6 = true;
  networking.nat.internalInterfaces = [ "ve-vpn" "ve-irc" "ve-wiki" ];
  networking.nat.externalInterface = "bond0";

  containers.vpn = mkContainer {
    id = 1;
    tun = true;
    module = { boot.kernelModules = [ "tun" ]; };
    extra.additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_MKNOD" ];
  };
  containers.irc = mkContainer {
    id = 2;
    autoStart = false;
    ports = [ 6667 6697 ];
    module = { };
  };
  containers.wiki = mkContainer {
    id = 3;
    mounts = { "/var/lib/wiki" = "/data/wiki"; "/var/backup" = "/backup/wiki"; };
    module = { pkgs, ... }: { environment.systemPackages = [ pkgs.git ]; };
    extra = {
      ephemeral = true;
      tmpfs = [ "/var/cache:size=64M" ];
      # Overrides what the function said.
      hostAddress6 = null;
    };
  };

  system.stateVersion = "24.11";
}
