# What this version does not act on: an option, and uses of others.
{
  networking.nat = { enable = true; extraCommands = "iptables -t nat -L"; };
  containers.host = { privateUsers = "pick"; config = { }; };
  containers.joins = { networkNamespace = "/run/netns/vpn"; privateUsers = 65536; config = { }; };
  containers.maps = {
    privateNetwork = true;
    privateUsers = "identity";
    bindMounts."/data:idmap".hostPath = "/srv/data";
    config = { };
  };
  containers.flag = { privateNetwork = true; extraFlags = [ "-U" ]; config = { }; };
}
