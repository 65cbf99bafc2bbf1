# What hosts use of sops-nix: secrets, templates and placeholders.
vary:
{ config, lib, ... }:
let
  folder = vary "/run/secrets" "/run/elsewhere";
  entry =
    below:
    lib.types.attrsOf (
      lib.types.submodule (
        { name, ... }:
        {
          freeformType = lib.types.attrsOf lib.types.anything;
          options.path = lib.mkOption { type = lib.types.str; default = "${folder}${below}/${name}"; };
        }
      )
    );
in
{
  imports = [ ./missing.nix ];
  options.sops = {
    defaultSopsFile = lib.mkOption { type = lib.types.path; };
    defaultSopsFormat = lib.mkOption { type = lib.types.str; default = "yaml"; };
    age = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
    gnupg = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
    secrets = lib.mkOption { type = entry ""; default = { }; };
    templates = lib.mkOption { type = entry "/rendered"; default = { }; };
    placeholder = lib.mkOption { type = lib.types.attrsOf lib.types.str; default = builtins.mapAttrs (name: _: vary "<${name}>" "[${name}]") config.sops.secrets; };
  };
}
