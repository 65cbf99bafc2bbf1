# Evaluates hosts with `services.container-rebuild.enable`: what changes of them, what does not, and what the manifest says.
# What fails here fails the evaluation; nothing is built.
{ pkgs }:
let
  inherit (pkgs) lib;
  module = ../module.nix;
  host = import ./host.nix { inherit pkgs; };

  declared = {
    containers.web = {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.231.0.1";
      localAddress = "10.231.0.2";
      bindMounts."/data".hostPath = "/srv/data";
    };
    # The container of a whole NixOS, whose system Nix has to build.
    containers.db = lib.mkIf true {
      ephemeral = lib.mkForce true;
      config = {
        nixpkgs.pkgs = pkgs;
        system.stateVersion = lib.trivial.release;
      };
    };
    # What a host says about the unit itself stays in force.
    systemd.services."container@web" = {
      requires = [ "srv-data.mount" ];
      serviceConfig.MemoryMax = "1G";
    };
  };
  hook.services.container-rebuild.enable = true;

  plain = (host [ declared ]).config;
  off = (host [
    module
    declared
    { services.container-rebuild.enable = false; }
  ]).config;
  evaluated = host [
    module
    declared
    hook
  ];
  on = evaluated.config;

  unit = config: name: config.systemd.units.${name}.text;
  lines = config: name: lib.splitString "\n" (unit config name);
  has = name: line: lib.elem line (lines on name);
  settings = name: prefix: lib.filter (lib.hasPrefix prefix) (lines on name);
  program = "/var/lib/container-rebuild/bin/container-rebuild";

  manifest = import ../manifest.nix {
    inherit (evaluated) config options;
    inherit lib;
  };
  json = builtins.toJSON manifest;
  file = on.environment.etc."container-rebuild/host.json".source;
  position = builtins.unsafeGetAttrPos "hostAddress" declared.containers.web;

  # What only says how Nix gets from a container to its system.
  notData = [
    "_module"
    "config"
    "nixpkgs"
    "pkgs"
    "specialArgs"
  ];

  holds = message: condition: if condition then message else throw "this does not hold: ${message}";
  held = [
    (holds "a host whose hook is off is the same system as without the module" (
      off.system.build.toplevel.drvPath == plain.system.build.toplevel.drvPath
    ))
    (holds "a host whose hook is on evaluates" (lib.isString on.system.build.toplevel.drvPath))
    (holds "NixOS's support of containers stays as it is" (
      on.boot.enableContainers
      && on.networking.extraHosts == plain.networking.extraHosts
      && on.networking.dhcpcd.denyInterfaces == plain.networking.dhcpcd.denyInterfaces
    ))
    (holds "the units of other containers stay as they are" (
      unit on "container@.service" == unit plain "container@.service"
    ))
    (holds "a declared container is started by container-rebuild alone" (
      settings "container@web.service" "Exec" == [
        "ExecStart=${program} internal launch %i"
        "ExecStopPost=${program} internal cleanup %i"
      ]
      && !has "container@web.service" "[Install]"
    ))
    (holds "a rebuild neither restarts nor stops it" (
      has "container@web.service" "X-RestartIfChanged=false"
      && has "container@web.service" "X-StopOnRemoval=false"
      && settings "container@web.service" "X-Restart-Triggers" == [ ]
      && unit on "container@web.service" == unit (host [
        module
        declared
        hook
        { containers.web.bindMounts."/more".hostPath = "/srv/more"; }
      ]).config "container@web.service"
    ))
    (holds "its unit has the mark that src/render/unit.rs looks for" (
      has "container@web.service" "X-ContainerRebuild=hook"
    ))
    (holds "what the host says about its unit stays" (
      has "container@web.service" "MemoryMax=1G" && has "container@web.service" "Requires=srv-data.mount"
    ))
    (holds "the service runs again when the manifest changes, without being stopped before" (
      settings "container-rebuild.service" "X-Restart-Triggers=" != [ ]
      && has "container-rebuild.service" "X-StopIfChanged=false"
      && has "container-rebuild.service" "ExecStart=${lib.getExe on.services.container-rebuild.package} internal reconcile ${file}"
    ))
    (holds "only its removal stops the unit that hands containers back" (
      has "container-rebuild-owner.service" "X-RestartIfChanged=false"
      && settings "container-rebuild-owner.service" "X-StopOnRemoval" == [ ]
    ))
    (holds "the plan is printed at dry-activate" on.system.activationScripts.container-rebuild.supportsDryActivation)
    (holds "the symlinks of NixOS make room for those of container-rebuild" (
      !on.environment.etc."nixos-containers/web.conf".enable
    ))

    (holds "the manifest refers to the systems of the guests, and so keeps them" (
      lib.hasAttr (builtins.unsafeDiscardStringContext on.containers.db.config.system.build.toplevel.drvPath) (
        builtins.getContext json
      )
    ))
    (holds "the manifest has every option of a container" (
      lib.all (name: lib.elem name notData || manifest.containers.web ? ${name}) (
        lib.attrNames (evaluated.options.containers.type.getSubOptions [ ])
      )
    ))
    (holds "positions are those of the definitions" (
      manifest.positions."containers.web.hostAddress" == {
        file = toString position.file;
        inherit (position) line column;
      }
      && manifest.positions ? "containers.web.bindMounts.\"/data\".hostPath"
      && manifest.positions ? "containers.db.ephemeral"
      && !(manifest.positions ? "containers.db.config")
    ))
    (holds "an older state directory is refused" (
      lib.any (it: !it.assertion && lib.hasInfix "22.05" it.message)
        (host [
          module
          hook
          { system.stateVersion = lib.mkForce "21.11"; }
        ]).config.assertions
    ))
  ];
in
pkgs.writeText "container-rebuild-hook-holds" (lib.concatLines held)
