{
  flake.modules.nixos.web = {
    containers.web = {
      privateNetwork = true;
      localAddress = "10.6.0.2";
      config = { };
    };
  };
  flake.modules.generic.common = { lib, ... }: { networking.hostName = lib.mkDefault "common"; };
}
