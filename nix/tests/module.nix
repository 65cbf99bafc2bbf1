# Evaluates the module on NixOS: a host that sets nothing of it stays the same system, and one that sets everything evaluates.
# What fails here fails the evaluation; nothing is built.
{ pkgs }:
let
  inherit (pkgs) lib;
  module = ../module.nix;

  host = import ./host.nix { inherit pkgs; };
  toplevel = modules: (host modules).config.system.build.toplevel.drvPath;
  plain = toplevel [ ];

  everything = {
    containers.web.dropCapabilities = [
      "CAP_SYS_TIME"
      "CAP_MKNOD"
    ];
    services.container-rebuild = {
      keepGenerations = 3;
      deleteGenerationsOlderThan = "30d";
      containers.web = {
        after = [ "cache" ];
        requires = [ "db" ];
        afterUnits = [ "postgresql.service" ];
        requiresUnits = [ "srv-web.mount" ];
        wantsUnits = [ "dev-disk-by\\x2dlabel-data.device" ];
        bindSources."/srv/web" = {
          user = 1000;
          group = "www-data";
          mode = "0750";
        };
        createBridge = true;
        credentials.db-password = "/run/secrets/db-password";
        encryptedCredentials.token = "/etc/credstore.encrypted/token";
        forwards.games = {
          protocol = "udp";
          hostPort = "27000:27015";
          containerPort = "7000:7015";
          hostAddress = "203.0.113.1";
          interface = "eth0";
          sources = [ "198.51.100.0/24" ];
          hairpin = false;
        };
        healthCheck = {
          ports = [ 80 ];
          units = [ "nginx.service" ];
          timeoutSec = 60;
        };
        mtu = 9000;
        openFirewall = true;
        resourceControl = {
          MemoryMax = "2G";
          CPUWeight = 50;
          MemoryAccounting = true;
          IOReadBandwidthMax = [ "/dev/vda 5M" ];
        };
      };
    };
  };
  options = (host [ module everything ]).options.services.container-rebuild.containers.type.getSubOptions [ ];
  set = (host [ module everything ]).config;
  failed = modules: lib.filter (it: !it.assertion) (host modules).config.assertions;

  holds = message: condition: if condition then message else throw "this does not hold: ${message}";
  held = [
    (holds "with no option set, the system is the same as without the module" (toplevel [ module ] == plain))
    (holds "our options change nothing of the system" (
      toplevel [
        module
        { inherit (everything) services; }
      ] == plain
    ))
    (holds "the example sets all options of a container" (
      lib.attrNames everything.services.container-rebuild.containers.web
      == lib.attrNames (lib.removeAttrs options [ "_module" ])
    ))
    (holds "NixOS gets the capabilities to drop as a flag" (
      set.containers.web.extraFlags == [ "--drop-capability=CAP_SYS_TIME,CAP_MKNOD" ]
    ))
    (holds "the host's firewall opens what a guest in its network opens" (
      lib.elem 8443
        (host [
          module
          {
            containers.lan.config.networking.firewall.allowedTCPPorts = [ 8443 ];
            services.container-rebuild.containers.lan.openFirewall = true;
          }
        ]).config.networking.firewall.allowedTCPPorts
    ))
    (holds "options of a container that does not exist are an error" (
      map (it: lib.hasInfix "there is no container `wbe`" it.message) (failed [
        module
        { services.container-rebuild.containers.wbe = { }; }
      ]) == [ true ]
    ))
    (holds "a value that systemd would not take is an error" (
      !(builtins.tryEval (
        lib.head
          (host [
            module
            { services.container-rebuild.containers.web.afterUnits = [ "postgresql" ]; }
          ]).config.services.container-rebuild.containers.web.afterUnits
      )).success
    ))
  ];
in
pkgs.writeText "container-rebuild-module-holds" (lib.concatLines held)
