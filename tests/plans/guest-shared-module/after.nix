{
  containers.db = {
    autoStart = true;
    config.imports = [ ./common-after.nix ];
  };
  containers.web = {
    autoStart = true;
    config.imports = [ ./common-after.nix ];
  };
}
