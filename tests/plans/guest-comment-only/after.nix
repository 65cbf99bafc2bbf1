{
  containers.web = {
    autoStart = true;
    config = {
      # Serves the wiki.
      services.nginx = { enable = true; };
    };
  };
}
