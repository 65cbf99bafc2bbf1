# `n` containers of 75 typed options through the module system: what a large host's `containers` cost.
#
# `result` is what is printed as JSON; `options` says how many options that evaluates.
{
  n,
  lib ? import ../../src/modules/lib,
}:
let
  inherit (lib) mkOption mkDefault mkIf mkForce mkMerge types;
  option = type: default: mkOption { inherit type default; };

  network = {
    hostBridge = option (types.nullOr types.str) null;
    hostAddress = option (types.nullOr types.str) null;
    hostAddress6 = option (types.nullOr types.str) null;
    localAddress = option (types.nullOr types.str) null;
    localAddress6 = option (types.nullOr types.str) null;
    forwardPorts = option (types.listOf (types.submodule { options = forward; })) [ ];
  };
  forward = {
    protocol = option (types.enum [ "tcp" "udp" ]) "tcp";
    hostPort = mkOption { type = types.port; };
    containerPort = option (types.nullOr types.port) null;
  };
  bind = {
    mountPoint = mkOption { type = types.str; };
    hostPath = option (types.nullOr types.str) null;
    isReadOnly = option types.bool true;
  };
  limits = {
    cpuWeight = option types.ints.positive 100;
    memoryMax = option (types.nullOr types.ints.positive) null;
    tasksMax = option (types.either types.ints.positive (types.enum [ "infinity" ])) "infinity";
    ioWeight = option (types.ints.between 1 10000) 100;
    devices = option (types.listOf types.str) [ ];
  };
  service = {
    enable = option types.bool false;
    description = option types.str "";
    script = option types.lines "";
    after = option (types.listOf types.str) [ ];
    environment = option (types.attrsOf types.str) { };
  };
  plain = {
    autoStart = option types.bool false;
    ephemeral = option types.bool false;
    enableTun = option types.bool false;
    privateNetwork = option types.bool false;
    restartIfChanged = option types.bool true;
    timeoutStartSec = option types.str "1min";
    flake = option (types.nullOr types.str) null;
    tmpfs = option (types.listOf types.str) [ ];
    extraFlags = option (types.listOf types.str) [ ];
    interfaces = option (types.listOf types.str) [ ];
    macvlans = option (types.listOf types.str) [ ];
    additionalCapabilities = option (types.listOf types.str) [ ];
    motd = option types.lines "";
    level = option types.int 0;
  };
  nested = {
    bindMounts = option (types.attrsOf (types.submodule ({ name, ... }: { options = bind; config.mountPoint = mkDefault name; }))) { };
    extraVeths = option (types.attrsOf (types.submodule { options = network; })) { };
    services = option (types.attrsOf (types.submodule { options = service; })) { };
  };
  container =
    { name, config, ... }:
    {
      options = plain // network // nested // { inherit limits; };
      config = mkMerge [
        { motd = "container ${name}"; }
        (mkIf config.privateNetwork { additionalCapabilities = [ "CAP_NET_ADMIN" ]; })
        (mkIf (config.forwardPorts != [ ]) { limits.tasksMax = mkDefault 512; })
      ];
    };

  define =
    i:
    {
      autoStart = true;
      privateNetwork = lib.mod i 2 == 0;
      hostAddress = "10.${toString (i / 250)}.${toString (lib.mod i 250)}.1";
      localAddress = "10.${toString (i / 250)}.${toString (lib.mod i 250)}.2";
      forwardPorts = map (p: { hostPort = lib.mod (20000 + i * 3 + p) 65536; containerPort = 80 + p; }) [ 0 1 2 ];
      bindMounts = {
        "/data".hostPath = "/srv/${toString i}";
        "/var/log" = { hostPath = "/log/${toString i}"; isReadOnly = false; };
        "/etc/keys" = { };
        "/run/shared".isReadOnly = lib.mod i 7 != 0;
      };
      extraVeths.dmz.hostBridge = "br${toString (lib.mod i 4)}";
      limits.memoryMax = mkIf (lib.mod i 3 == 0) 1073741824;
      level = mkForce i;
      services = {
        web = { enable = true; script = "exec httpd"; after = [ "network.target" ]; };
        db = { enable = lib.mod i 5 == 0; environment.PORT = toString (5432 + i); };
        log.description = mkIf (lib.mod i 2 == 1) "logs of ${toString i}";
        cron = { after = [ "db" ]; environment = { SHELL = "/bin/sh"; HOME = "/srv/${toString i}"; }; };
      };
      motd = "number ${toString i}";
    };
  name = i: "c${toString i}";
  numbers = lib.genList (i: i) n;

  # A second module refines every tenth container, as a host's second file does.
  refine = i: lib.nameValuePair (name i) { tmpfs = [ "/tmp" ]; limits.cpuWeight = 200; extraFlags = [ "--quiet" ]; };

  system = lib.evalModules {
    modules = [
      { options.containers = option (types.attrsOf (types.submodule container)) { }; }
      { containers = lib.listToAttrs (map (i: lib.nameValuePair (name i) (define i)) numbers); }
      { containers = lib.listToAttrs (map refine (lib.filter (i: lib.mod i 10 == 0) numbers)); }
    ];
  };

  count = lib.foldl' (sum: c: sum + options c) 0 (lib.attrValues system.config.containers);
  size = set: builtins.length (builtins.attrNames set);
  options =
    c:
    size plain + size network + size nested + size limits
    + size forward * builtins.length c.forwardPorts
    + size bind * size c.bindMounts
    + size network * size c.extraVeths
    + size service * size c.services;
in
{
  result = system.config.containers;
  options = count;
}
