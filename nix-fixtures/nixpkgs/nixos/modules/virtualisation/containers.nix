# `containers.<name>`: the options of NixOS's declarative containers in their newest form. The host's side is data only:
# container-rebuild runs what is declared here.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  host = config;

  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };
  maybe =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };
  bool =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };

  forwardPort.options = {
    protocol = mkOption {
      type = types.str;
      default = "tcp";
      description = "`tcp` or `udp`.";
    };
    hostPort = mkOption {
      type = types.port;
      description = "The port on the host.";
    };
    containerPort = maybe types.port "The port in the container; null means the same.";
  };

  # A container has these for its `eth0`, and each of its `extraVeths` has them again.
  networkOptions = {
    hostBridge = maybe types.str "The bridge that the host's end joins.";
    hostAddress = maybe types.str "The IPv4 address of the host's end.";
    hostAddress6 = maybe types.str "The IPv6 address of the host's end.";
    localAddress = maybe types.str "The IPv4 address of the container's end.";
    localAddress6 = maybe types.str "The IPv6 address of the container's end.";
    localMacAddress = maybe (types.strMatching "([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}") "The MAC address of the container's end.";
    forwardPorts = mkOption {
      type = types.listOf (types.submodule forwardPort);
      default = [ ];
      description = "Ports of the host that lead into the container.";
    };
  };

  bindMount =
    { name, ... }:
    {
      options = {
        mountPoint = mkOption {
          type = types.str;
          description = "Where it appears in the container.";
        };
        hostPath = maybe types.str "What appears there; null means the same path of the host.";
        isReadOnly = bool true "Whether the container may only read it.";
      };
      config.mountPoint = lib.mkDefault name;
    };

  allowedDevice.options = {
    node = mkOption {
      type = types.str;
      description = "The device node.";
    };
    modifier = mkOption {
      type = types.str;
      description = "Letters of `rwm`.";
    };
  };

  ipv4FromString =
    text:
    let
      parts = lib.splitString "/" text;
    in
    {
      address = lib.head parts;
      prefixLength = if lib.length parts == 2 then lib.toInt (lib.elemAt parts 1) else 32;
    };

  # Every definition of `config` is a module of one system.
  guestType =
    { name, nixpkgs, specialArgs, privateNetwork, localAddress, localAddress6 }:
    lib.mkOptionType {
      name = "Toplevel NixOS config";
      check = x: builtins.isAttrs x || lib.isFunction x || types.path.check x;
      merge =
        _: defs:
        (import "${toString nixpkgs}/nixos/lib/eval-config.nix" {
          inherit specialArgs;
          prefix = [ "containers" name ];
          system = null;
          modules = [ (guestDefaults { inherit name privateNetwork localAddress localAddress6; }) ] ++ map (def: lib.setDefaultModuleLocation def.file def.value) defs;
        }).config;
    };

  guestDefaults =
    { name, privateNetwork, localAddress, localAddress6 }:
    { lib, ... }:
    {
      _file = "module at ${toString ./containers.nix}";
      config = {
        nixpkgs.hostPlatform = host.nixpkgs.hostPlatform.system;
        boot.isNspawnContainer = true;
        networking.hostName = lib.mkDefault name;
        networking.useDHCP = false;
        networking.interfaces = lib.mkIf privateNetwork (
          lib.mkMerge [
            (lib.mkIf (localAddress != null) { eth0.ipv4.addresses = [ (ipv4FromString localAddress) ]; })
            (lib.mkIf (localAddress6 != null) { eth0.ipv6.addresses = [ (lib.network.ipv6.fromString localAddress6) ]; })
          ]
        );
        assertions = [
          {
            assertion =
              (lib.versionOlder (host.boot.kernelPackages.kernel.version or pkgs.linuxPackages.kernel.version) "5.8" && privateNetwork)
              -> builtins.stringLength name <= 11;
            message = "Container name `${name}' is too long: with a private network it has at most 11 characters on kernels before 5.8.";
          }
          {
            assertion = !(lib.hasInfix "_" name);
            message = "Names containing underscores are not allowed in nixos-containers. Please rename the container '${name}'";
          }
        ];
      };
    };

  container =
    {
      name,
      config,
      options,
      ...
    }:
    {
      _file = toString ./containers.nix;
      options = networkOptions // {
        config = mkOption {
          type = guestType {
            inherit name;
            inherit (config) nixpkgs specialArgs privateNetwork localAddress localAddress6;
          };
          description = "The configuration of the container's system, as NixOS modules.";
        };
        path = mkOption {
          type = types.path;
          description = "The system that is booted: a store path with `init`.";
        };
        flake = maybe types.str "A flake that the system is built from.";
        nixpkgs = mkOption {
          type = types.path;
          default = pkgs.path;
          description = "The nixpkgs that evaluates `config`.";
        };
        specialArgs = mkOption {
          type = types.attrsOf types.unspecified;
          default = { };
          description = "Arguments of the modules in `config`.";
        };
        additionalCapabilities = strings "Capabilities that the container gets.";
        enableTun = bool false "Whether the container may make tun devices.";
        allowedDevices = mkOption {
          type = types.listOf (types.submodule allowedDevice);
          default = [ ];
          description = "Device nodes that the container may use.";
        };
        ephemeral = bool false "Whether the root is empty at each start.";
        copyResolvConf = bool true "Whether the container gets the host's `/etc/resolv.conf`.";
        privateNetwork = bool false "Whether the container has a network of its own.";
        networkNamespace = maybe types.path "A network namespace to run in.";
        privateUsers = mkOption {
          type = types.either types.ints.u32 (types.enum [ "no" "identity" "pick" ]);
          default = "no";
          description = "The user namespace of the container.";
        };
        interfaces = strings "Interfaces of the host that the container takes over.";
        macvlans = strings "Interfaces of the host that the container gets a macvlan of.";
        extraVeths = mkOption {
          type = types.attrsOf (types.submodule { options = networkOptions; });
          default = { };
          description = "Further veth pairs.";
        };
        autoStart = bool false "Whether the container starts with the host.";
        restartIfChanged = bool true "Whether a switch restarts the container when it has changed.";
        timeoutStartSec = mkOption {
          type = types.str;
          default = "1min";
          description = "How long the start may take (systemd.time(7)).";
        };
        bindMounts = mkOption {
          type = types.attrsOf (types.submodule bindMount);
          default = { };
          description = "Files and folders of the host that appear in the container.";
        };
        tmpfs = strings "Paths that are a tmpfs, as systemd-nspawn takes them.";
        extraFlags = strings "Further arguments of systemd-nspawn.";
        pkgs = mkOption {
          type = types.raw;
          visible = false;
          description = "Removed.";
        };
      };

      config = lib.mkMerge [
        (lib.mkIf options.pkgs.isDefined {
          path = throw "The option definition `containers.${name}.pkgs' in ${lib.showFiles options.pkgs.files} no longer has any effect; use `containers.${name}.nixpkgs' or `containers.${name}.config.nixpkgs.pkgs' instead.";
        })
        (lib.mkIf options.config.isDefined {
          path =
            if config.flake != null then
              throw "containers.${name}: `config' and `flake' cannot both be set"
            else
              config.config.system.build.toplevel;
        })
        (lib.mkIf (config.flake != null) { path = "/nix/var/nix/profiles/per-container/${name}"; })
      ];
    };
in
{
  options = {
    containers = mkOption {
      type = types.attrsOf (types.submodule container);
      default = { };
      description = "Systems that run in containers of this one.";
    };
    boot = {
      enableContainers = mkOption {
        type = types.bool;
        default = config.containers != { };
        description = "Whether containers are supported.";
      };
      isContainer = bool config.boot.isNspawnContainer "Whether this system runs in a container.";
      isNspawnContainer = bool false "Whether this system runs in a systemd-nspawn container.";
    };
  };

  config = lib.mkMerge [
    (lib.mkIf config.boot.enableContainers {
      assertions = lib.mapAttrsToList (name: c: {
        assertion = c.networkNamespace == null || !(c.privateNetwork || c.interfaces != [ ]);
        message = "containers.${name}: `networkNamespace' excludes `privateNetwork' and `interfaces'.";
      }) config.containers;
      networking.extraHosts = lib.concatStrings (
        lib.mapAttrsToList (
          name: c: lib.optionalString (c.localAddress != null) "${builtins.head (lib.splitString "/" c.localAddress)} ${name}.containers\n"
        ) config.containers
      );
    })
    {
      warnings = lib.optional (
        config.containers != { } && !config.boot.enableContainers
      ) "containers are defined, but `boot.enableContainers' is off: none of them will run.";
    }
  ];
}
