# The options of containers and of their hosts, and what a guest is made of. Nothing here reaches a store path.
{ lib }:
let
  is = expr: expected: { inherit expr expected; };
  host = module: (import ../nixos/lib/eval-config.nix { system = "x86_64-linux"; modules = [ module ]; }).config;
  container = module: (host { containers.a = module; }).containers.a;
  guest = module: (container { config = module; }).config;
  plain = c: builtins.removeAttrs c [ "config" "nixpkgs" "path" "pkgs" "specialArgs" ];

  defaults = {
    additionalCapabilities = [ ];
    allowedDevices = [ ];
    autoStart = false;
    bindMounts = { };
    copyResolvConf = true;
    enableTun = false;
    ephemeral = false;
    extraFlags = [ ];
    extraVeths = { };
    flake = null;
    forwardPorts = [ ];
    hostAddress = null;
    hostAddress6 = null;
    hostBridge = null;
    interfaces = [ ];
    localAddress = null;
    localAddress6 = null;
    localMacAddress = null;
    macvlans = [ ];
    networkNamespace = null;
    privateNetwork = false;
    privateUsers = "no";
    restartIfChanged = true;
    timeoutStartSec = "1min";
    tmpfs = [ ];
  };
  example = {
    ephemeral = true;
    autoStart = true;
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    bindMounts."/var/log/httpd" = {
      hostPath = "/mnt/wasabiData/";
      isReadOnly = false;
    };
    forwardPorts = [ { containerPort = 22; hostPort = 2222; } { hostPort = 8080; protocol = "udp"; } ];
  };
in
{
  defaults = is (plain (container { })) defaults;
  example = is (plain (container example)) (
    defaults
    // example
    // {
      bindMounts."/var/log/httpd" = example.bindMounts."/var/log/httpd" // { mountPoint = "/var/log/httpd"; };
      forwardPorts = [ { containerPort = 22; hostPort = 2222; protocol = "tcp"; } { containerPort = null; hostPort = 8080; protocol = "udp"; } ];
    }
  );
  ready = is (container { path = "/nix/store/x"; }).path "/nix/store/x";
  flake = is (container { flake = "github:a/b"; }).path "/nix/var/nix/profiles/per-container/a";
  flakeAndConfig.fails = (container { flake = "x"; config = { }; }).path;
  noSystem.fails = (container { autoStart = true; }).path;
  removedPkgs.fails = (container { config = { }; pkgs = 1; }).path;
  misspelt.fails = container { autostart = true; };
  port.fails = (container { forwardPorts = [ { hostPort = 70000; } ]; }).forwardPorts;
  noHostPort.fails = (container { forwardPorts = [ { } ]; }).forwardPorts;
  macAddress.fails = (container { localMacAddress = "x"; }).localMacAddress;
  privateUsers = is [ (container { privateUsers = 65536; }).privateUsers (container { privateUsers = "pick"; }).privateUsers ] [ 65536 "pick" ];
  privateUsersWord.fails = (container { privateUsers = "yes"; }).privateUsers;
  # What is imported comes first; in a submodule, whose definitions are turned round once more, it comes last. As in NixOS.
  listOrder = is (host { imports = [ { networking.nameservers = [ "1" ]; } ]; networking.nameservers = [ "2" ]; }).networking.nameservers [ "1" "2" ];
  listOrderInSubmodule = is (host { imports = [ { containers.a.extraFlags = [ "1" ]; } ]; containers.a.extraFlags = [ "2" ]; }).containers.a.extraFlags [ "2" "1" ];

  # The host.
  enabled = is [ (host { }).boot.enableContainers (host { containers.a = { }; }).boot.enableContainers ] [ false true ];
  hosts = is (host { containers.a.localAddress = "10.0.0.2/24"; }).networking.extraHosts "10.0.0.2 a.containers\n";
  ports = is (host { networking.firewall.allowedTCPPorts = [ 443 80 443 ]; services.openssh.enable = true; }).networking.firewall.allowedTCPPorts [ 22 80 443 ];
  trusted = is (host { networking.firewall.trustedInterfaces = [ "ve-+" ]; }).networking.firewall.trustedInterfaces [ "ve-+" "lo" ];
  flush = is (map (v: (host { system.stateVersion = v; }).networking.nftables.flushRuleset) [ "23.05" "24.05" ]) [ true false ];
  nat = is (host { networking.nat.forwardPorts = [ { sourcePort = "80:90"; destination = "10.0.0.1:80-90"; } ]; }).networking.nat.forwardPorts [ { sourcePort = "80:90"; destination = "10.0.0.1:80-90"; proto = "tcp"; loopbackIPs = [ ]; } ];
  unknown.fails = host { networking.firewall.allowedTcpPorts = [ 80 ]; };
  unknownService.fails = host { services.htpd.enable = true; };
  accepted = is (host { services.xserver.enable = true; boot.loader.grub.device = "/dev/sda"; fileSystems."/".device = "/dev/sda1"; }).networking.hostName "nixos";
  specialArgs = is (import ../nixos/lib/eval-config.nix { system = "x86_64-linux"; specialArgs.word = "w"; modules = [ ({ word, modulesPath, ... }: { networking.hostName = word; }) ]; }).config.networking.hostName "w";

  # The guest.
  addresses =
    let
      addressesOf = a: builtins.mapAttrs (_: i: i.ipv4.addresses ++ i.ipv6.addresses) (container ({ config = { }; } // a)).config.networking.interfaces;
    in
    is (map addressesOf [
      { }
      { localAddress = "10.0.0.2"; }
      { privateNetwork = true; }
      { privateNetwork = true; localAddress = "10.0.0.2"; }
      { privateNetwork = true; localAddress = "10.0.0.2/24"; localAddress6 = "fd00:0::2/64"; }
      { privateNetwork = true; localAddress6 = "fd00::2"; }
    ]) [
      { }
      { }
      { }
      { eth0 = [ { address = "10.0.0.2"; prefixLength = 32; } ]; }
      { eth0 = [ { address = "10.0.0.2"; prefixLength = 24; } { address = "fd00:0:0:0:0:0:0:2"; prefixLength = 64; } ]; }
      { eth0 = [ { address = "fd00:0:0:0:0:0:0:2"; prefixLength = 128; } ]; }
    ];
  hostName = is [ (guest { }).networking.hostName (guest { networking.hostName = "b"; }).networking.hostName ] [ "a" "b" ];
  isContainer = is [ (guest { }).boot.isContainer (host { }).boot.isContainer ] [ true false ];
  guestSpecialArgs = is (container { specialArgs.word = "w"; config = { word, ... }: { networking.domain = word; }; }).config.networking.domain "w";
  guestOfTwoModules = is (host { imports = [ { containers.a.config.time.timeZone = "UTC"; } ]; containers.a.config.networking.domain = "d"; }).containers.a.config.time.timeZone "UTC";
  guestUnknown.fails = guest { services.htpd.enable = true; };
  nestedContainers = is (guest { containers.inner.autoStart = true; }).containers.inner.autoStart true;
  underscore = is (map (a: a.assertion) (lib.filter (a: lib.hasInfix "underscore" a.message) (host { containers.a_b.config = { }; }).containers.a_b.config.assertions)) [ false ];
  wwwrun = is (let c = guest { services.httpd.enable = true; }; in [ c.users.users.wwwrun.uid c.users.groups.wwwrun.gid ]) [ 54 54 ];
  accounts = is (guest { users.users.al = { isNormalUser = true; uid = 1001; extraGroups = [ "wheel" ]; }; }).system.build.accounts (
    "group\tnogroup\t-\t-\ngroup\troot\t-\t-\ngroup\tusers\t-\t-\ngroup\twheel\t-\tal\n"
    + "user\tal\t1001\t1000\tusers\t-\t/home/al\t700\t/bin/bash\t-\nuser\troot\t0\t400\troot\t-\t/root\t-\t/bin/bash\t-\n"
  );
  unit =
    is
      (guest {
        systemd.services.s = {
          after = [ "a.service" ];
          wantedBy = [ "multi-user.target" ];
          environment.W = "x \"y\" 5%";
          serviceConfig = { ExecStart = [ "/bin/a" "/bin/b" ]; RemainAfterExit = true; };
        };
      }).system.build.units."s.service"
      {
        aliases = [ ];
        enable = true;
        requiredBy = [ ];
        upheldBy = [ ];
        wantedBy = [ "multi-user.target" ];
        text = "[Unit]\nAfter=a.service\n\n[Service]\nEnvironment=\"W=x \\\"y\\\" 5%%\"\nExecStart=/bin/a\nExecStart=/bin/b\nRemainAfterExit=true\n";
      };
  timer = is (guest { systemd.services.s.startAt = "daily"; }).systemd.timers.s.timerConfig { OnCalendar = [ "daily" ]; };
}
