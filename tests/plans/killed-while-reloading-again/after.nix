{
  containers.web = {
    autoStart = false;
    path = "/nix/store/00000000000000000000000000000000-other";
    bindMounts."/data".hostPath = "/srv/data";
  };
}
