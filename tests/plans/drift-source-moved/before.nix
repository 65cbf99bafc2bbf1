{
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    bindMounts."/key".hostPath = "/run/agenix/key";
    bindMounts."/data".hostPath = "/srv/data";
  };
}
