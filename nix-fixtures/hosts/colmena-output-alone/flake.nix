# The output `colmena` without `colmenaHive`, and nodes with a nixpkgs of their own.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { nixpkgs, ... }:
    {
      colmena = {
        meta.nixpkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ ]; };
        meta.nodeNixpkgs.b = import nixpkgs { system = "aarch64-linux"; };
        a = { pkgs, ... }: { containers.a = { config = { }; extraFlags = [ pkgs.stdenv.hostPlatform.system ]; }; };
        b = { pkgs, ... }: { containers.b = { config = { }; extraFlags = [ pkgs.stdenv.hostPlatform.system ]; }; };
      };
    };
}
