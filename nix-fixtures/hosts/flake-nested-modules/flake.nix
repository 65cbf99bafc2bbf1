# The flake exports modules and uses them by `self.nixosModules`; outputs come from another file; `rec` and `//` around hosts.
{
  description = "infra";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = inputs: import ./outputs.nix inputs;
}
