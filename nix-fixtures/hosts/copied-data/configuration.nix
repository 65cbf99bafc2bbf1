# Data is read from copies: JSON, TOML, listings, links within the copy.
{ lib, ... }:
let
  data = "${./data}";
  hosts = builtins.fromJSON (builtins.readFile (data + "/hosts.json"));
  settings = lib.importTOML "${data}/more/settings.toml";
  linked = builtins.readFile "${data}/more/link.json";
in
{
  containers = builtins.mapAttrs (_: host: {
    privateNetwork = true;
    hostAddress = settings.gateway;
    localAddress = host.address;
    config = { };
  }) hosts;
  networking.hostName = "h${toString (builtins.length (builtins.attrNames (builtins.readDir data)))}";
  networking.nat.internalInterfaces = lib.optional (linked == builtins.readFile ./data/hosts.json) "ve-+";
  networking.firewall.trustedInterfaces = builtins.attrNames (
    lib.filterAttrs (_: type: type == "symlink") (builtins.readDir "${data}/more")
  );
}
