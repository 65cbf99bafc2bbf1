{ lib, ... }:
{
  containers.c.extraFlags = "--quiet";
  containers.c.privateUsers = "everybody";
  containers.c.config = { };
}
