{ pkgs, ... }:
{
  containers.web = {
    autoStart = true;
    config.environment.systemPackages = [ pkgs.wget ];
  };
}
