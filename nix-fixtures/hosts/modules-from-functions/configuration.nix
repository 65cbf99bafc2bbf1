# Functions that give modules, called in `imports`; curried ones, ones with `mkIf` inside, a module that is `args: body`.
{ config, lib, ... }@args:
let
  vlan = id: name: { ... }: { networking.firewall.interfaces."vlan${toString id}".allowedUDPPorts = [ (id + 1000) ]; containers.${name}.hostBridge = "br${toString id}"; };
  gate = cond: module: { config = lib.mkIf cond module; };
in
{
  imports = [
    (import ./box.nix "left" { index = 1; })
    (import ./box.nix "right" { index = 2; ephemeral = true; })
    (vlan 10 "left")
    (gate true { containers.left.timeoutStartSec = "3min"; })
    (gate false { containers.never = { config = { }; }; })
    (args: { networking.nat.enable = args.config.networking.hostName == "functions"; })
    (lib.optionalAttrs (lib.versionAtLeast "25.05" "24.11") { containers.right.hostBridge = "br-new"; })
  ] ++ lib.optionals (builtins.pathExists ./present.nix) [ ./present.nix ] ++ lib.optional (builtins.pathExists ./absent.nix) ./absent.nix
    ++ map (n: { containers."n${toString n}" = { config = { }; autoStart = lib.mod n 2 == 0; }; }) (lib.range 1 3);
  networking.hostName = "functions";
  system.stateVersion = "25.05";
}
