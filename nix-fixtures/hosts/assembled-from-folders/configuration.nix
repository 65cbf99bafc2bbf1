# Containers are folders with `container.nix`, `ports.json` and `mounts.nix`, of which each may be missing.
{ lib, ... }:
let
  root = ./guests;
  names = lib.attrNames (lib.filterAttrs (_: type: type == "directory") (builtins.readDir root));
  orElse = default: path: f: if builtins.pathExists path then f path else default;
  one = name: let dir = root + "/${name}"; in
    lib.recursiveUpdate {
      privateNetwork = true;
      bindMounts = orElse { } (dir + "/mounts.nix") (p: import p { state = "/persist/${name}"; });
      forwardPorts = orElse [ ] (dir + "/ports.json") (p: map (x: { hostPort = x; }) (lib.importJSON p));
      config = { };
    } (orElse { } (dir + "/container.nix") import);
in
{
  networking.hostName = "folders";
  containers = lib.genAttrs names one;
  networking.firewall.allowedTCPPorts = lib.concatMap (name: orElse [ ] (root + "/${name}/ports.json") lib.importJSON) names;
  system.stateVersion = "25.05";
}
