{
  containers.web = {
    autoStart = true;
    config.services.httpd.adminAddr = "one@example.org";
  };
}
