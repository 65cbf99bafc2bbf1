# Former names of options, as one path and in a set.
{
  containers.git.config = {
    services.openssh = {
      enable = true;
      permitRootLogin = "no"; # by key only
    };
    hardware.opengl.enable = true;
    users.extraUsers."git" = { isNormalUser = true; };
  };
}
