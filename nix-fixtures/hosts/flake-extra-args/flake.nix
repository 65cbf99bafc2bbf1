# Arguments and modules that are given to `nixosSystem` in its older ways, and the order of both sorts of modules.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }:
    {
      nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        extraArgs.site = "10.4.0";
        extraModules = [
          { networking.firewall.trustedInterfaces = [ "extra" ]; }
          ({ site, ... }: { containers.x = { extraFlags = [ "--site=${site}" ]; config = { }; }; })
        ];
        modules = [
          { networking.firewall.trustedInterfaces = [ "own" ]; }
          (
            { site, ... }:
            {
              containers.c = {
                privateNetwork = true;
                hostAddress = "${site}.1";
                localAddress = "${site}.2";
                config = { };
              };
            }
          )
        ];
      };
    };
}
