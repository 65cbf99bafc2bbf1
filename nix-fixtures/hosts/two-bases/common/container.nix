{ name, memory }:
{ lib, config, ... }:
{
  options.${name}.users = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
  config.containers.${name} = {
    extraFlags = lib.mkBefore [ "--property=MemoryMax=${toString memory}M" ];
    privateUsers = lib.mkIf (config.${name}.users != [ ]) "identity";
    config = { };
  };
}
