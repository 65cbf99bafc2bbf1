# What hosts use of agenix: secrets by name, each with the path that it is decrypted to.
vary:
{ config, lib, ... }:
{
  imports = [ ./missing.nix ];
  options.age = {
    identityPaths = lib.mkOption { type = lib.types.listOf lib.types.path; default = [ ]; };
    secretsDir = lib.mkOption { type = lib.types.path; default = vary "/run/agenix" "/run/elsewhere"; };
    secrets = lib.mkOption {
      default = { };
      type = lib.types.attrsOf (
        lib.types.submodule (
          { name, config, ... }@secret:
          {
            options = {
              name = lib.mkOption { type = lib.types.str; default = name; };
              file = lib.mkOption { type = lib.types.path; };
              path = lib.mkOption { type = lib.types.str; default = vary "/run/agenix/${config.name}" "/run/elsewhere/${config.name}"; };
              mode = lib.mkOption { type = lib.types.str; default = vary "0400" "0440"; };
              owner = lib.mkOption { type = lib.types.str; default = vary "0" "1"; };
              group = lib.mkOption { type = lib.types.str; default = vary "0" "1"; };
              symlink = lib.mkOption { type = lib.types.bool; default = true; };
            };
          }
        )
      );
    };
  };
}
