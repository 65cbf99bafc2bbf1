{ vary, lib, ... }:
{
  args.inputs = { sops-nix.nixosModules.sops = import ../../reference/modules/sops.nix vary; agenix.nixosModules.default = import ../../reference/modules/agenix.nix vary; };
  # What is not here may have secrets of its own.
  modules = [ { fixture.missing = true; sops.secrets = vary { one = { }; } { other = { }; }; } ];
}
