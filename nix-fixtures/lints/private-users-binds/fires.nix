# Users of its own by a flag; the store is readable for everybody.
{
  containers.a = {
    extraFlags = [ "-U" ];
    bindMounts."/data" = { hostPath = "/srv/data"; isReadOnly = false; };
    bindMounts."/keys".hostPath = "/srv/keys";
    bindMounts."/theme".hostPath = "/nix/store/00000000000000000000000000000000-theme";
    config = { };
  };
}
