# `inherit` in all its uses, quoted and computed names, sets as functions (`__functor`), `or` chains, `?` on paths, `a.b or c.d`.
{ config, lib, ... }@args:
let
  site = { "edge-1" = { ip = "10.8.0.1"; "forward.ports" = { "80" = 8080; }; }; meta.owner.name = "ops"; };
  inherit (site) meta;
  inherit (site."edge-1") ip;
  make = { __functor = self: name: self.defaults // { extraFlags = [ "--machine=${name}" ]; }; defaults = { autoStart = true; config = { }; }; };
  key = k: "edge-${toString k}";
  hostAddress = "10.8.0.254";
in
{
  networking = { inherit (args.lib.importJSON ./net.json) hostName; nat = { inherit (args) ; enable = meta ? owner.name; externalIP = meta.owner.address or site.${key 2}.ip or site.${key 1}.ip or null; }; };
  containers = {
    "edge-1" = make "edge" // { inherit hostAddress; localAddress = ip; forwardPorts = lib.mapAttrsToList (h: c: { hostPort = lib.toInt h; containerPort = c; }) site.${key 1}."forward.ports"; };
    ${if site ? "edge-2" then "two" else null} = make "two";
    ${"dyn" + "amic"} = rec { hostBridge = "br-${meta.owner.name}"; extraFlags = [ "--setenv=B=${hostBridge}" ]; config = { }; };
    inherit (import ./more.nix make) third;
  };
  system = { inherit (config.nixpkgs or { }) ; stateVersion = "24.05"; };
}
