{ pkgs, ... }:
let share = "${pkgs.tzdata}/share"; in
{
  containers.web = {
    autoStart = true;
    bindMounts."/share".hostPath = share;
    config.environment.etc.zones.source = share;
  };
}
