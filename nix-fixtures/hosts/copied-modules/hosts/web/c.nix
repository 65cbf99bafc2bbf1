{
  imports = [ ./more.nix ];
  containers.c.config = { };
}
