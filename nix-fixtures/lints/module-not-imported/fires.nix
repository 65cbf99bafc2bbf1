# Both kinds of options.
{
  containers.web = { dropCapabilities = [ "CAP_SYS_TIME" ]; config = { }; };
  services.container-rebuild.containers.web.resourceControl.MemoryMax = "2G";
  services.container-rebuild.keepGenerations = 3;
}
