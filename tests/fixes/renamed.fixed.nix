# Former names of options, as one path and in a set.
{
  containers.git.config = {
    services.openssh = {
      enable = true;
      settings.PermitRootLogin = "no"; # by key only
    };
    hardware.graphics.enable = true;
    users.users."git" = { isNormalUser = true; };
  };
}
