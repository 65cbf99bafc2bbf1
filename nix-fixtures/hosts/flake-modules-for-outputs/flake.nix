# The outputs themselves are made by `lib.evalModules` in a local flake, with hosts declared as options (`flake-parts`' manner).
{
  inputs = { nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable"; parts.url = "path:./parts"; };
  outputs = inputs: inputs.parts.lib.mkFlake { inherit inputs; } { systems = [ "x86_64-linux" ]; imports = [ ./hosts ]; perSystem = { pkgs, ... }: { packages.default = pkgs.hello; }; flake.lib.answer = 42; };
}
