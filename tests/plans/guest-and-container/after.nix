{
  containers.web = {
    autoStart = true;
    tmpfs = [ "/scratch" ];
    config = {
      services.httpd.enable = true;
    };
  };
}
