# The same where there is nothing to act on, and where it is acted on.
{
  networking.nat.dmzHost = null;
  containers.host = { privateUsers = "no"; config = { }; };
  containers.joins = { networkNamespace = "/run/netns/vpn"; privateUsers = 0; config = { }; };
  containers.web = {
    privateNetwork = true;
    privateUsers = "pick";
    bindMounts."/data".hostPath = "/srv/data";
    extraFlags = [ "--bind=/srv/x:/x:idmap" ];
    config = { };
  };
}
