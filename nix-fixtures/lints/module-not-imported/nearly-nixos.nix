# What NixOS itself says of a unit, and what is empty.
{
  containers.web = { dropCapabilities = [ ]; config = { }; };
  systemd.services."container@web".serviceConfig.MemoryMax = "2G";
}
