{ pkgs, ... }:
let share = "${pkgs.tzdata}/etc"; in
{
  containers.web = {
    autoStart = true;
    bindMounts."/share".hostPath = share;
    config.environment.etc.zones.source = share;
  };
}
