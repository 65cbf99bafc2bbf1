# --host: folders that every host has, and one that is not known.
{ pkgs, ... }: {
  containers.web = {
    bindMounts."/data".hostPath = "/";
    bindMounts."/etc" = { };
    bindMounts."/package".hostPath = "${pkgs.hello}";
    config = { };
  };
}
