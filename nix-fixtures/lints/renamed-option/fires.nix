# Former names, as one path and in sets, in a guest and on the host.
{
  services.openssh.passwordAuthentication = false;
  containers.git.config = {
    services.openssh = {
      enable = true;
      permitRootLogin = "no"; # by key only
    };
    hardware.opengl.enable = true;
    users.extraUsers.git = { isNormalUser = true; };
  };
}
