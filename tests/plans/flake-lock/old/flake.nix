{
  outputs = { self, nixpkgs }: {
    nixosConfigurations.alpha = nixpkgs.lib.nixosSystem {
      modules = [ ./host.nix ];
    };
  };
}
