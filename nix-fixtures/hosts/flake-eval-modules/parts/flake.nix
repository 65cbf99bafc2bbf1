{
  outputs = { self }: {
    lib.mkFlake =
      { inputs }:
      module:
      let
        lib = inputs.nixpkgs.lib;
        evaluated = lib.evalModules {
          specialArgs = { inherit inputs; };
          modules = [ ./options.nix module ];
        };
      in
      {
        nixosConfigurations = lib.mapAttrs (
          name: host:
          lib.nixosSystem {
            specialArgs = { inherit inputs; peers = lib.attrNames evaluated.config.hosts; };
            modules = [ { networking.hostName = lib.mkDefault name; } ] ++ host.modules ++ evaluated.config.shared;
          }
        ) evaluated.config.hosts;
      };
  };
}
