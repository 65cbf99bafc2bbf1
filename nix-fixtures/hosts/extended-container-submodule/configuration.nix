# `options.containers` declared once more with a submodule: defaults and options of one's own for every container.
{ config, lib, ... }:
{
  options.containers = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule (
        { name, config, ... }:
        {
          options.backup = lib.mkOption { type = lib.types.bool; default = false; };
          options.index = lib.mkOption { type = lib.types.int; };
          config = {
            autoStart = lib.mkDefault true;
            privateNetwork = lib.mkDefault true;
            hostAddress = lib.mkDefault "10.200.${toString config.index}.1";
            localAddress = "10.200.${toString config.index}.2";
            extraFlags = [ "--setenv=NAME=${name}" ];
            bindMounts."/persist" = lib.mkIf config.backup { hostPath = "/backup/${name}"; isReadOnly = false; };
          };
        }
      )
    );
  };
  config = {
    containers.first = { index = 1; backup = true; config = { }; };
    containers.second = { index = 2; privateNetwork = false; extraFlags = [ "--quiet" ]; config = { }; };
    networking.hostName = "more";
    networking.nat.internalInterfaces = lib.mapAttrsToList (n: c: "ve-${n}") (lib.filterAttrs (_: c: c.backup) config.containers);
    system.stateVersion = "25.05";
  };
}
