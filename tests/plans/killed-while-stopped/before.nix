{
  containers.web = {
    autoStart = false;
    path = "/nix/store/00000000000000000000000000000000-web";
    bindMounts."/data".hostPath = "/srv/data";
  };
}
