# No default route, and a script that fetches.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "eth0"; };
  containers.list = {
    privateNetwork = true;
    localAddress = "192.168.100.11";
    config.systemd.services.list.script = ''
      # from upstream
      curl -sSf https://lists.example.org/all > /var/lib/list
    '';
  };
}
