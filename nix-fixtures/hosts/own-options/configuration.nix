# The administrator's own `my.containers`, a submodule type with defaults and an `apply`, generates `containers`.
{ ... }:
{
  imports = [ ./my-containers.nix ];
  networking.hostName = "own";
  my.domain = "example.com";
  my.containers = {
    git = {
      enable = true;
      id = 5;
      expose = [ 22 3000 ];
      state = [ "/var/lib/gitea" ];
    };
    rss = {
      enable = true;
      id = 6;
      subdomain = "news";
      network.bridge = "br9";
    };
    old.id = 7;
  };
  system.stateVersion = "25.05";
}
