# A schema of one's own, evaluated by `lib.evalModules` over TOML data, becomes containers.
{ lib, ... }:
let
  schema = { config, name ? null, ... }: {
    options = {
      network = lib.mkOption { type = lib.types.str; default = "10.1"; };
      box = lib.mkOption {
        type = lib.types.listOf (lib.types.submodule ({ config, ... }: {
          options = {
            name = lib.mkOption { type = lib.types.str; };
            host = lib.mkOption { type = lib.types.int; };
            ports = lib.mkOption { type = lib.types.listOf lib.types.port; default = [ ]; };
            label = lib.mkOption { type = lib.types.str; default = lib.toUpper config.name; };
          };
        }));
        default = [ ];
      };
      byName = lib.mkOption { readOnly = true; default = lib.listToAttrs (map (b: lib.nameValuePair b.name b) config.box); };
    };
  };
  evaluated = lib.evalModules { modules = [ schema (builtins.fromTOML (builtins.readFile ./boxes.toml)) { box = lib.mkBefore [ { name = "zero"; host = 0; } ]; } ]; specialArgs.extra = 1; };
  inherit (evaluated) config;
in
{
  networking.hostName = "schema";
  containers = lib.mapAttrs (name: b: {
    privateNetwork = true;
    hostAddress = "${config.network}.255.254";
    localAddress = "${config.network}.0.${toString b.host}";
    extraFlags = [ "--setenv=LABEL=${b.label}" ];
    forwardPorts = map (hostPort: { inherit hostPort; }) b.ports;
    config = { };
  }) config.byName;
  networking.firewall.allowedTCPPorts = lib.flatten (map (b: b.ports) config.box);
  networking.nat.internalInterfaces = map (b: "ve-${b.name}") config.box;
  system.stateVersion = lib.mkDefault "24.05";
}
