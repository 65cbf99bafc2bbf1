{
  containers.wasabi2 = {
    autoStart = true;
    ephemeral = true;
    path = "/nix/store/00000000000000000000000000000000-wasabi";
    bindMounts."/data".hostPath = "/mnt/wasabiData";
  };
}
