# `config._module.args` is read: the name of a submodule, arguments of one's own, the platform of packages.
{ config, lib, ... }:
{
  options.sites = lib.mkOption {
    default = { };
    type = lib.types.attrsOf (
      lib.types.submodule (
        { config, ... }:
        {
          options.address = lib.mkOption { type = lib.types.str; };
          options.label = lib.mkOption {
            type = lib.types.str;
            default = "site-${config._module.args.name}";
          };
        }
      )
    );
  };
  config = {
    _module.args.site = "10.5.0";
    nixpkgs.hostPlatform = "aarch64-linux";
    sites.a.address = "${config._module.args.site}.2";
    sites.b.address = "${config._module.args.site}.3";
    sites.b.label = "other";
    containers = lib.mapAttrs (_: site: {
      privateNetwork = true;
      hostAddress = "${config._module.args.site or "none"}.1";
      localAddress = site.address;
      extraFlags = [
        "--label=${site.label}"
        "--names=${toString (builtins.attrNames site)}"
        "--other=${config._module.args.nothing or "none"}"
        "--system=${config._module.args.system or config._module.args.pkgs.stdenv.hostPlatform.system}"
      ];
      config = { };
    }) config.sites;
  };
}
