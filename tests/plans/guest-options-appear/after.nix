{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = true;
      services.openssh = {
        enable = true;
        settings.PermitRootLogin = "no";
      };
    };
  };
}
