# NixOS refuses underscores, and machined what is no host name.
{
  containers.my_web = { config = { }; };
  containers."web server" = { config = { }; };
}
