{
  containers.web = {
    autoStart = true;
    ephemeral = true;
    config = {
      services.httpd.enable = false;
    };
  };
}
