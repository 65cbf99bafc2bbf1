{ vary, ... }:
{
  args.inputs.agenix.nixosModules.default = import ../../reference/modules/agenix.nix vary;
}
