# An option of NixOS that this version does not act on.
{
  containers.web = { privateUsers = "pick"; config = { }; };
}
