# `config`, `lib`, `name` and `containers` mean different things at different depths; `inherit` and `with` pick the right ones.
{ config, lib, ... }:
let
  containers = [ "x" "y" ];
  name = "outer";
  host = config;
  mk = name: { config, ... }@sub: {
    autoStart = name == "x";
    extraFlags = [ "--name=${name}" "--sub=${sub.name}" "--own=${toString config.ephemeral}" "--host=${host.networking.hostName}" ];
    config.config = { config, lib, name ? "guest", ... }: { networking.hostName = lib.mkDefault name; };
  };
  lift = label: { config, name, ... }@args: let r = mk label args; in { config = removeAttrs r [ "config" ] // r.config; };
in
{
  networking.hostName = name;
  containers = lib.genAttrs containers lift // {
    ${name} = with { name = "inner"; extra = [ 1 ]; }; {
      extraFlags = [ "--with=${name}" ] ++ map toString extra;
      config = { };
    };
  };
  networking.firewall.allowedTCPPorts = let config = { x = 22; }; in [ config.x ];
  system.stateVersion = "25.05";
}
