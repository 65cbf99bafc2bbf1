name:
{ lib, config, ... }:
{
  users.users.${name} = { isNormalUser = true; uid = 1000 + builtins.stringLength name; };
  containers.sandbox.extraFlags = lib.optional (lib.elem name config.sandbox.users) "--bind=/home/${name}";
}
