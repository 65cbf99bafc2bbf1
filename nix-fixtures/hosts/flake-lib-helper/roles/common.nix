{ names, lib, role, ... }:
{
  containers = lib.genAttrs names (n: { autoStart = role == "master"; config = { }; });
  networking.firewall.enable = role != "worker";
  system.stateVersion = "24.11";
}
