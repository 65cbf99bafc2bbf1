{
  containers.web = {
    autoStart = true;
    ephemeral = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    bindMounts."/srv/www" = { };
    bindMounts."/media".hostPath = "/srv/media";
  };
}
