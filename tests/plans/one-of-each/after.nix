{
  containers.comes = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-comes";
  };
  containers.noted = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-noted";
    timeoutStartSec = "5min";
  };
  containers.reloads = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-reloads";
    bindMounts."/data" = { };
  };
  containers.restarts = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-restarts";
    tmpfs = [ "/scratch" ];
  };
  containers.stays = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-stays";
  };
}
