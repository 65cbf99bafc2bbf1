inputs:
{ name, role, containers ? [ ] }:
{
  nixosConfigurations.${name} = inputs.nixpkgs.lib.nixosSystem {
    system = "x86_64-linux";
    specialArgs = { inherit inputs role; names = containers; };
    modules = [
      (../roles + "/${role}.nix")
      ../roles/common.nix
      { networking.hostName = name; }
    ];
  };
  deploy.nodes.${name} = { hostname = name; };
}
