{ lib, config, ... }:
{
  # A definition for every container, by an option of one's own that extends the type of `containers`.
  options.containers = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule ({ name, config, ... }: {
      options.tags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
      config.autoStart = lib.mkDefault true;
      config.extraFlags = [ "--setenv=NAME=${name}" ] ++ map (t: "--setenv=TAG=${t}") config.tags;
    }));
  };
  config.containers.imap.tags = [ "slow" ];
  config.containers.static.autoStart = false;
}
