{ vary, ... }:
let
  entry = { gateway = vary "10.210.0.1" "10.211.0.1"; site = vary "a" "b"; };
in
{
  args = {
    hostname = vary "na" "nb";
    registry = { na = entry; nb = entry; };
    inputs.sops-nix.nixosModules.sops = import ../../reference/modules/sops.nix vary;
  };
}
