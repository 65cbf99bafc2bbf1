{
  inputs.nixpkgs-lib.url = "github:nix-community/nixpkgs.lib";
  outputs = { nixpkgs-lib, ... }: {
    lib.mkFlake =
      args: module:
      let
        inherit (nixpkgs-lib) lib;
        evaluated = lib.evalModules {
          specialArgs = { inherit (args) inputs; };
          modules = [ module ({ lib, ... }: {
            options = {
              systems = lib.mkOption { type = lib.types.listOf lib.types.str; };
              perSystem = lib.mkOption { type = lib.types.deferredModule; default = { }; };
              flake = lib.mkOption { type = lib.types.submoduleWith { modules = [ { freeformType = lib.types.lazyAttrsOf lib.types.raw; options.nixosConfigurations = lib.mkOption { type = lib.types.lazyAttrsOf lib.types.raw; default = { }; }; } ]; }; };
            };
          }) ];
        };
      in
      evaluated.config.flake;
  };
}
