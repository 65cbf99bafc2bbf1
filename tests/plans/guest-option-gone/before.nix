{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.adminAddr = "a@example.org";
      services.httpd.enable = true;
    };
  };
}
