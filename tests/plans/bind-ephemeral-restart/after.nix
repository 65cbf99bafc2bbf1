{
  containers.wasabi = {
    autoStart = true;
    ephemeral = true;
    path = "/nix/store/00000000000000000000000000000000-wasabi";
    bindMounts."/var/log/httpd" = { hostPath = "/mnt/wasabiData/"; isReadOnly = true; };
  };
}
