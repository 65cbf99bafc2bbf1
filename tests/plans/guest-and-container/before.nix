{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = false;
    };
  };
}
