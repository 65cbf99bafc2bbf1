{
  containers.web = {
    autoStart = true;
    config = {
      services.nginx.enable = true;
    };
  };
}
