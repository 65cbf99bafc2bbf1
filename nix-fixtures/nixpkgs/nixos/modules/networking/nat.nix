# `networking.nat`: the host's address translation, as data.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.networking.nat;
  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };
  maybe =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit description;
    };
  commands = mkOption {
    type = types.lines;
    default = "";
    description = "Further shell commands of the iptables backend.";
  };
in
{
  options.networking.nat = {
    enable = lib.mkEnableOption "network address translation";
    enableIPv6 = lib.mkEnableOption "translation of IPv6 addresses";
    internalInterfaces = strings "Interfaces whose traffic is translated.";
    internalIPs = strings "IPv4 ranges whose traffic is translated.";
    internalIPv6s = strings "IPv6 ranges whose traffic is translated.";
    externalInterface = maybe "The interface towards the world; null means every one.";
    externalIP = maybe "The address to translate to; null means that of the interface.";
    externalIPv6 = maybe "The same for IPv6.";
    dmzHost = maybe "The address that gets everything that is not forwarded elsewhere.";
    extraCommands = commands;
    extraStopCommands = commands;
    forwardPorts = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            sourcePort = mkOption {
              type = types.either types.int (types.strMatching "[[:digit:]]+:[[:digit:]]+");
              description = "The port, or `FROM:TO`.";
            };
            destination = mkOption {
              type = types.str;
              description = "`ADDRESS:PORT` or `ADDRESS:FROM-TO`.";
            };
            proto = mkOption {
              type = types.str;
              default = "tcp";
              description = "The protocol.";
            };
            loopbackIPs = strings "Addresses of the host that lead there from the host itself.";
          };
        }
      );
      default = [ ];
      description = "Ports that lead to internal addresses.";
    };
  };

  config.assertions = lib.mkIf cfg.enable [
    {
      assertion = cfg.enableIPv6 -> config.networking.enableIPv6;
      message = "networking.nat.enableIPv6 requires networking.enableIPv6";
    }
    {
      assertion = cfg.dmzHost != null -> cfg.externalInterface != null;
      message = "networking.nat.dmzHost requires networking.nat.externalInterface";
    }
    {
      assertion = cfg.forwardPorts != [ ] -> cfg.externalInterface != null;
      message = "networking.nat.forwardPorts requires networking.nat.externalInterface";
    }
  ];
}
