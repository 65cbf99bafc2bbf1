{ lib, ... }:
{
  imports = map (name: ./roles + "/${name}.nix") [ "proxy" "mail" ];
  containers.web = {
    autoStart = true;
    config = {
      imports = [ ./profiles ../mistakes-missing-imports/guest.nix ];
    };
  };
}
