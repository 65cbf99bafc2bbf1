# Today's names, and names that are alike.
{
  services.openssh.settings.PasswordAuthentication = false;
  containers.git.config = {
    services.openssh = { enable = true; settings.PermitRootLogin = "no"; };
    hardware.graphics.enable = true;
    users.users.git = { isNormalUser = true; };
    services.own.port = 3;
  };
}
