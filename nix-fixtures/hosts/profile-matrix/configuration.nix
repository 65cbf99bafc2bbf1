# Cartesian products of two lists, `cartesianProduct`, `zipAttrsWith`, `foldAttrs`, `mergeAttrsList`, `attrsToList`.
{ lib, ... }:
let
  combos = lib.cartesianProduct { env = [ "prod" "test" ]; app = [ "api" "web" "job" ]; };
  limits = [ { prod = 4; test = 1; } { prod = 2; } ];
  total = lib.zipAttrsWith (_: lib.foldl' builtins.add 0) limits;
  ports = lib.foldAttrs (p: acc: [ p ] ++ acc) [ ] [ { api = 8000; } { api = 8001; web = 80; } ];
  settings = lib.mergeAttrsList [ { a = 1; } { b = 2; a = 3; } { } ];
in
{
  networking.hostName = "matrix";
  containers = lib.mergeAttrsList (
    map (c: {
      "${c.app}-${c.env}" = {
        autoStart = c.env == "prod";
        ephemeral = c.env == "test";
        extraFlags = [ "--property=CPUQuota=${toString (total.${c.env} * 25)}%" ] ++ map (x: "--setenv=${x.name}=${toString x.value}") (lib.attrsToList settings);
        forwardPorts = map (port: { hostPort = port + (if c.env == "prod" then 0 else 10000); containerPort = port; }) (ports.${c.app} or [ ]);
        config = { };
      };
    }) combos
  );
  networking.firewall.allowedTCPPorts = lib.unique (lib.flatten (lib.attrValues ports));
  system.stateVersion = "25.05";
}
