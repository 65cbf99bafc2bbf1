{ self, nixpkgs, ... }:
let
  lib = nixpkgs.lib;
  common = { modules = [ self.nixosModules.base ]; };
  host = extra: lib.nixosSystem { system = "x86_64-linux"; modules = common.modules ++ extra; };
in
rec {
  nixosModules = {
    base = import ./modules/base.nix;
    pods = ./modules/pods.nix;
    default = { imports = lib.attrValues (removeAttrs nixosModules [ "default" ]); };
  };
  nixosConfigurations = {
    main = host [
      self.nixosModules.default
      ({ config, ... }: { pods.names = [ "red" "blue" ]; networking.hostName = "main"; })
    ];
  }
  // lib.genAttrs [ "spare1" "spare2" ] (name: host [ { networking.hostName = name; } ]);
  checks.x86_64-linux = { };
}
