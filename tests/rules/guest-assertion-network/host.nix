{
  containers.w.config = { warnings = [ "guest warns" ]; networking.nat = { enable = true; enableIPv6 = true; }; networking.enableIPv6 = false; };
  containers.p = { config = { networking.firewall.filterForward = true; }; };
}
