# What a guest is given as: a path, an imported function, a list of modules through `imports`, a closure over the host, `mkMerge`.
{ config, lib, pkgs, ... }:
let
  hostConfig = config;
  guest = { extra ? { }, ports ? [ ] }: { config, lib, ... }: { imports = [ ./guests/base.nix extra ]; networking.firewall.allowedTCPPorts = ports ++ hostConfig.networking.firewall.allowedUDPPorts; };
in
{
  containers.path.config = ./guests/base.nix;
  containers.called.config = import ./guests/parametrised.nix { name = "called"; inherit (config.networking) hostName; };
  containers.listed.config.imports = [ ./guests/base.nix (import ./guests/parametrised.nix { name = "listed"; hostName = "x"; }) ];
  containers.closure = { config = guest { ports = [ 80 ]; extra.services.nginx.enable = true; }; };
  containers.merged.config = lib.mkMerge [ { environment.etc.a.text = "a"; } (lib.mkIf (hostConfig.networking.hostName != "") { environment.etc.b.text = "b"; }) ];
  containers.stored.path = "/nix/store/eyl3qw6q5fwm8xmcbvgy1xs5k6a8bbms-nixos-system-stored-25.05";
  containers.flaked.flake = "github:example/guest#box";
  networking.firewall.allowedUDPPorts = [ 53 ];
  networking.hostName = "guests";
  system.stateVersion = "25.05";
}
