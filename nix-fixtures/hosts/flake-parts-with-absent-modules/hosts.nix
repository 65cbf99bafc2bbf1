{ inputs, self, ... }:
{
  flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem {
    specialArgs = { inherit inputs self; };
    modules = [
      self.nixosModules.named
      (
        { inputs, ... }:
        {
          containers.a = {
            config = { };
            autoStart = inputs ? devshell;
            extraFlags = [ "--inputs=${toString (builtins.length (builtins.attrNames inputs))}" ];
          };
        }
      )
    ];
  };
}
