# Own options of mixed shape: `either str submodule`, `coercedTo` into submodules, `oneOf` with lists, `nullOr submodule`.
{ config, lib, ... }:
{
  imports = [ ./options.nix ];
  shares = {
    plain = "/srv/plain";
    full = { path = "/srv/full"; writable = true; };
    listed = { path = "/srv/listed"; guests = [ "a" ]; };
  };
  ports.web = 80;
  ports.many = [ 81 82 ];
  ports.named = { number = 83; udp = true; };
  gateway = { address = "10.230.0.1"; };
  networking.hostName = "mixed";
  containers = lib.genAttrs [ "a" "b" ] (name: {
    bindMounts = lib.mapAttrs' (n: s: lib.nameValuePair "/shares/${n}" { hostPath = s.path; isReadOnly = !s.writable; }) (lib.filterAttrs (_: s: s.guests == null || lib.elem name s.guests) config.shares);
    hostAddress = if config.gateway == null then null else config.gateway.address;
    forwardPorts = lib.optionals (name == "a") config.forwards;
    privateNetwork = true;
    config = { };
  });
  system.stateVersion = "25.05";
}
