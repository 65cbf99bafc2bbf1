# `networking.firewall` and `networking.nftables`, as data. In a guest of this tree they are accepted without effect.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  sorted = ports: lib.unique (builtins.sort builtins.lessThan ports);
  ports =
    description:
    mkOption {
      type = types.listOf types.port;
      default = [ ];
      apply = sorted;
      inherit description;
    };
  ranges =
    description:
    mkOption {
      type = types.listOf (types.attrsOf types.port);
      default = [ ];
      inherit description;
    };
  opened = {
    allowedTCPPorts = ports "TCP ports that are open.";
    allowedUDPPorts = ports "UDP ports that are open.";
    allowedTCPPortRanges = ranges "Ranges of TCP ports that are open.";
    allowedUDPPortRanges = ranges "Ranges of UDP ports that are open.";
  };
  bool =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
in
{
  options.networking.firewall = opened // {
    enable = bool true "Whether the firewall is on.";
    allowPing = bool true "Whether pings are answered.";
    pingLimit = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "How many pings are answered.";
    };
    interfaces = mkOption {
      type = types.attrsOf (types.submodule { options = opened; });
      default = { };
      description = "What is open on single interfaces.";
    };
    trustedInterfaces = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Interfaces on which everything is open.";
    };
    checkReversePath = mkOption {
      type = types.either types.bool (types.enum [ "strict" "loose" ]);
      default = true;
      description = "Whether packets are dropped to whose source there is no way back.";
    };
    filterForward = bool false "Whether forwarded traffic is filtered as well.";
    rejectPackets = bool false "Whether packets are refused rather than dropped.";
    logRefusedConnections = bool true "Whether refused connections are logged.";
    logRefusedPackets = bool false "Whether all refused packets are logged.";
    logReversePathDrops = bool false "Whether packets without a way back are logged.";
    extraCommands = text "Further commands of the iptables backend.";
    extraStopCommands = text "Further commands of the iptables backend.";
    extraInputRules = text "Further rules of the nftables backend.";
    extraForwardRules = text "Further rules of the nftables backend.";
    extraPackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages for the commands.";
    };
    connectionTrackingModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Connection tracking helpers.";
    };
    autoLoadConntrackHelpers = bool false "Whether helpers are loaded by themselves.";
  };

  options.networking.nftables = {
    enable = bool false "Whether rules are made with nftables.";
    flushRuleset = bool (
      lib.versionOlder config.system.stateVersion "23.11" || config.networking.nftables.ruleset != "" || config.networking.nftables.rulesetFile != null
    ) "Whether loading the rules removes all others.";
    checkRuleset = bool true "Whether rules are checked when they are built.";
    ruleset = text "Rules.";
    rulesetFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      description = "A file of rules.";
    };
    tables = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Tables.";
    };
  };

  config = {
    # NixOS's module does so only while it is on.
    networking.firewall.trustedInterfaces = lib.mkIf config.networking.firewall.enable [ "lo" ];
    assertions = [
      {
        assertion = config.networking.firewall.filterForward -> config.networking.nftables.enable;
        message = "networking.firewall.filterForward only works with networking.nftables.enable";
      }
    ];
  };
}
