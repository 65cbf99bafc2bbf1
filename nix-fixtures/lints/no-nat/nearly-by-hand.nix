# The host masquerades with a table of its own.
{
  networking.nftables.enable = true;
  networking.nftables.tables.mine = {
    family = "ip";
    content = ''
      chain post { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
    '';
  };
  containers.torrents = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config.services.transmission.enable = true;
  };
}
