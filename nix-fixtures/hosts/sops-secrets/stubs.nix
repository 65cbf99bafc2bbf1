{ vary, ... }:
{
  args.inputs.sops-nix.nixosModules.sops = import ../../reference/modules/sops.nix vary;
}
