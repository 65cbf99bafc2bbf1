# Lists of the host that several modules set: order, priorities, conditions; homes of users under another name.
{ config, lib, ... }:
{
  imports = [
    { networking.interfaces.eth0.ipv4.addresses = lib.mkBefore [ { address = "10.0.0.1"; prefixLength = 24; } ]; }
    { services.openssh.ports = lib.mkDefault [ 22 ]; }
    { services.openssh.ports = lib.mkIf (config.networking.hostName == "h") [ 2222 2223 ]; }
    { networking.interfaces.eth1.ipv4.addresses = lib.mkForce [ ]; }
    { networking.interfaces.eth1.ipv4.addresses = [ { address = "10.1.0.1"; prefixLength = 24; } ]; }
  ];
  networking.hostName = "h";
  networking.interfaces.eth0.ipv4.addresses = [
    { address = "10.0.0.3"; prefixLength = 24; }
    (lib.mkIf (config.networking.hostName != "h") { address = "10.0.0.9"; prefixLength = 24; })
  ];
  networking.interfaces.eth2.ipv4.addresses = lib.mkAfter [ { address = "10.2.0.1"; prefixLength = 16; } ];
  users.users.first = { isNormalUser = true; name = "second"; };
  users.users.forced = { isNormalUser = lib.mkForce true; home = lib.mkIf false "/never"; };
  containers.t = {
    config = { };
    extraFlags = [
      "--eth1=${toString (builtins.length config.networking.interfaces.eth1.ipv4.addresses)}"
      "--eth2=${(builtins.head config.networking.interfaces.eth2.ipv4.addresses).address}"
      "--ports=${toString config.services.openssh.ports}"
      "--first=${config.users.users.first.home}"
      "--forced=${config.users.users.forced.home}"
      "--none=${toString (builtins.attrNames config.nixpkgs.config)}"
    ];
  };
}
