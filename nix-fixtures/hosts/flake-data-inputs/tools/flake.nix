{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { self, nixpkgs }: {
    lib.double = n: n * 2;
    nixosModules.pod = { config, lib, ... }: {
      options.pods = lib.mkOption { type = lib.types.attrsOf lib.types.int; default = { }; };
      config.containers = nixpkgs.lib.mapAttrs (name: n: { autoStart = self.lib.double n > 2; config = { }; timeoutStartSec = "${toString (self.lib.double n)}min"; }) config.pods;
    };
  };
}
