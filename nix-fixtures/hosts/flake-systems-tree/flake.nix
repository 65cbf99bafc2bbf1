# A local flake finds hosts in `systems/ARCH/HOST/` and modules in `modules/`, and gives each `lib.own` and `namespace`.
{
  inputs = { nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05"; frost.url = "./frost"; };
  outputs = inputs: inputs.frost.lib.mkFlake { inherit inputs; src = ./.; namespace = "den"; };
}
