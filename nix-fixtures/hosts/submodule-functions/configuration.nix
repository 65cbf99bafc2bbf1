# An entry of `containers` may be a function or a file, with `imports`, as a submodule; definitions of all kinds merge.
{ lib, ... }:
{
  networking.hostName = "modular";
  containers.function =
    { name, config, ... }:
    {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.12.0.1";
      localAddress = "10.12.0.${toString (lib.stringLength name)}";
      extraFlags = [ "--setenv=SELF=${name}" "--setenv=ADDR=${config.localAddress}" ];
      bindMounts."/state" = { hostPath = "/srv/${name}"; isReadOnly = lib.mkDefault (!config.ephemeral); };
    };
  containers.file = ./file.nix;
  containers.set = { lib, ... }: {
    # Here `config` is the module's, and in it the guest's.
    imports = [ ./mounts.nix { ephemeral = true; } ];
    config.enableTun = lib.mkDefault true;
    config.config = { };
  };
  imports = [
    { containers.function.config = { }; }
    { containers.function = { config, ... }: { config = { timeoutStartSec = if config.autoStart then "3min" else "1min"; }; }; }
    { containers.file = { lib, name, ... }: { tmpfs = lib.singleton "/tmp/${name}"; }; }
  ];
  system.stateVersion = "25.05";
}
