# Users of its own by a flag and by the option; the store is readable for everybody.
{
  containers.a = {
    extraFlags = [ "-U" ];
    bindMounts."/data" = { hostPath = "/srv/data"; isReadOnly = false; };
    bindMounts."/keys".hostPath = "/srv/keys";
    bindMounts."/theme".hostPath = "/nix/store/00000000000000000000000000000000-theme";
    config = { };
  };
  containers.b = {
    privateUsers = "pick";
    bindMounts."/data" = { hostPath = "/srv/b"; isReadOnly = false; };
    config = { };
  };
}
