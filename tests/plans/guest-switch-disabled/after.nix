{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.adminAddr = "two@example.org";
      system.switch.enable = false;
    };
  };
}
