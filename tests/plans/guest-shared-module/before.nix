{
  containers.db = {
    autoStart = true;
    config.imports = [ ./common-before.nix ];
  };
  containers.web = {
    autoStart = true;
    config.imports = [ ./common-before.nix ];
  };
}
