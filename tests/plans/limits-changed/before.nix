{
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  services.container-rebuild.containers.web.resourceControl = { MemoryMax = "1G"; CPUQuota = "50%"; };
}
