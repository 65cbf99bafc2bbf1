{
  containers.web = {
    autoStart = true;
    config = {
      networking.firewall.enable = true;
      services.httpd.enable = false;
    };
  };
}
