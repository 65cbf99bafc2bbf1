{
  containers.web = {
    autoStart = true;
    config = import ./guest-before.nix;
  };
}
