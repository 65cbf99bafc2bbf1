{ lib }:
octet: extra:
lib.recursiveUpdate {
  autoStart = true;
  privateNetwork = true;
  hostAddress = "192.168.40.1";
  localAddress = "192.168.40.${toString octet}";
  config.system.stateVersion = "23.11";
} extra
