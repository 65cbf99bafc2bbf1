{
  containers.web = {
    autoStart = true;
    config = import ./guest-after.nix;
  };
}
