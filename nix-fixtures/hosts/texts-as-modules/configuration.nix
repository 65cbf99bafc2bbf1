# Texts that the evaluation writes are imported, and read back.
{ lib, ... }:
let
  module = name: address: builtins.toFile "${name}.nix" ''
    { lib, ... }:
    {
      containers.${name} = {
        privateNetwork = true;
        hostAddress = "10.3.0.1";
        localAddress = ${builtins.toJSON address};
        config = { };
      };
    }
  '';
  table = builtins.toFile "table.json" (builtins.toJSON { ports = [ 8080 8443 ]; });
  values = builtins.toFile "values.nix" "rec { a = 1; b = a + 1; }";
in
{
  imports = [
    (module "one" "10.3.0.2")
    (module "two" "10.3.0.3")
  ];
  containers.one.forwardPorts = map (hostPort: { inherit hostPort; }) (lib.importJSON table).ports;
  containers.two.extraFlags = [
    "--b=${toString (import values).b}"
    "--length=${toString (builtins.stringLength (builtins.readFile table))}"
    "--there=${lib.boolToString (builtins.pathExists table)}"
  ];
}
