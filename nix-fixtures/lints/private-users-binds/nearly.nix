# Mapped mounts, also those that are mapped by themselves, the host's own users, users that are the host's, and nothing bound.
{
  containers.a = {
    extraFlags = [ "-U" ];
    bindMounts."/data:idmap" = { hostPath = "/srv/data"; isReadOnly = false; };
    bindMounts.keys = { mountPoint = "/keys:rootidmap"; hostPath = "/srv/keys"; };
    config = { };
  };
  containers.b = { bindMounts."/data".hostPath = "/srv/b"; config = { }; };
  containers.c = { privateUsers = "identity"; bindMounts."/data".hostPath = "/srv/c"; config = { }; };
  containers.d = { extraFlags = [ "--private-users=no" ]; bindMounts."/data".hostPath = "/srv/d"; config = { }; };
  containers.f = { extraFlags = [ "-U" ]; bindMounts."/etc/localtime" = { }; config = { }; };
  containers.g = {
    privateNetwork = true;
    privateUsers = "pick";
    bindMounts."/data" = { hostPath = "/srv/g"; isReadOnly = false; };
    config = { };
  };
  containers.e = { extraFlags = [ "-U" "--bind=/srv/e:/e:idmap" ]; config = { }; };
}
