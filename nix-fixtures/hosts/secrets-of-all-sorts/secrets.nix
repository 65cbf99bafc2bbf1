{ config, inputs, ... }:
{
  imports = [ inputs.sops-nix.nixosModules.sops inputs.agenix.nixosModules.default ];
  sops.defaultSopsFile = ./secrets.yaml;
  sops.secrets = { wg-key = { }; api-token = { owner = "root"; mode = "0400"; }; };
  age.secrets.cert = { file = ./cert.age; owner = "nginx"; };
}
