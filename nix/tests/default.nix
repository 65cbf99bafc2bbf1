# The checks of the flake beside the package: what takes Nix, nixpkgs, or a virtual machine.
{ pkgs }:
{
  module = import ./module.nix { inherit pkgs; };
  hook = import ./hook.nix { inherit pkgs; };
  vm = pkgs.testers.runNixOSTest ./vm.nix;
}
