# A colmena hive alone: its nodes are the hosts.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.colmena.url = "github:zhaofengli/colmena";
  outputs =
    { self, nixpkgs, colmena, ... }:
    {
      colmenaHive = colmena.lib.makeHive self.outputs.colmena;
      colmena = {
        meta = {
          nixpkgs = import nixpkgs { system = "aarch64-linux"; };
          specialArgs.site = "north";
          nodeSpecialArgs.gate.port = 8443;
        };
        defaults =
          { name, lib, ... }:
          {
            networking.hostName = lib.mkDefault name;
            networking.firewall.trustedInterfaces = [ "all" ];
          };
        gate =
          {
            name,
            nodes,
            site,
            port,
            pkgs,
            ...
          }:
          {
            deployment.targetHost = "gate.example.org";
            networking.firewall.trustedInterfaces = [ "gate" ];
            containers.proxy = {
              privateNetwork = true;
              hostAddress = "10.0.0.1";
              localAddress = "10.0.0.2";
              forwardPorts = [ { hostPort = port; } ];
              extraFlags = [
                "--site=${site}"
                "--node=${name}"
                "--peer=${nodes.store.config.networking.hostName}"
                "--system=${pkgs.stdenv.hostPlatform.system}"
              ];
              config = { };
            };
          };
        store = { networking.hostName = "shelf"; };
      };
    };
}
