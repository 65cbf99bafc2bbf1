# One fixture → its model, as `container-rebuild eval` has to print it.
{
  # The folder of the fixture.
  fixture,
}:
let
  nixpkgs = ../nixpkgs;
  lib = import (nixpkgs + "/lib");
  read = name: default: if builtins.pathExists (fixture + "/${name}") then fixture + "/${name}" else default;

  description =
    let
      file = read "fixture.json" null;
    in
    if file == null then { } else builtins.fromJSON (builtins.readFile file);

  # ---- the two runs ----

  run =
    which:
    let
      vary = a: b: if which == "a" then a else b;
      stubs = if builtins.pathExists (fixture + "/stubs.nix") then import (fixture + "/stubs.nix") { inherit lib vary; missing = ./modules/missing.nix; } else { };
      packages = system: import ./packages.nix { inherit lib vary system; };
      host = import ./host.nix { inherit vary packages; };
      system =
        args:
        import (nixpkgs + "/nixos/lib/eval-config.nix") (
          {
            system = null;
          }
          // builtins.removeAttrs args [ "lib" ]
          // {
            modules = [ host ] ++ stubs.modules or [ ] ++ args.modules or [ ];
            specialArgs = { modulesPath = toString ./modules; } // stubs.args or { } // args.specialArgs or { };
          }
        );
      inputs = import ./inputs.nix { inherit lib vary system packages; } // stubs.inputs or { };

      # A flake whose inputs are folders of the fixture, or known by name.
      flake =
        folder:
        let
          source = import (folder + "/flake.nix");
          input =
            name: declared:
            let
              url = declared.url or "";
              relative = lib.removePrefix "path:" url;
            in
            if lib.hasPrefix "." relative then
              if declared.flake or true then flake (folder + "/${relative}") else { outPath = toString (folder + "/${relative}"); }
            else
              inputs.${name} or (throw "inputs.nix has no ${name}");
          asked = builtins.attrNames (builtins.removeAttrs (builtins.functionArgs source.outputs) [ "self" ]);
          # Attributes of `self` say how it is fetched.
          declared = lib.genAttrs asked (_: { }) // builtins.removeAttrs (source.inputs or { }) [ "self" ];
          given = builtins.mapAttrs input declared;
          outputs = source.outputs (given // { inherit self; });
          self = outputs // {
            outPath = toString folder;
            inputs = given;
            inherit outputs;
            sourceInfo.outPath = toString folder;
            _type = "flake";
          };
        in
        self;

      evaluated =
        if description ? config && description ? host then
          (inputs.colmena.lib.makeHive (import (fixture + "/${description.config}"))).nodes.${description.host}
        else if description ? config || !(builtins.pathExists (fixture + "/flake.nix")) then
          system { modules = [ (fixture + "/${description.config or "configuration.nix"}") ]; }
        else
          let
            outputs = flake fixture;
            hosts = outputs.nixosConfigurations or (outputs.colmenaHive or (inputs.colmena.lib.makeHive outputs.colmena)).nodes;
          in
          hosts.${description.host or (builtins.head (builtins.attrNames hosts))};
    in
    model evaluated;

  # ---- the model ----

  network = c: { inherit (c) forwardPorts hostAddress hostAddress6 hostBridge localAddress localAddress6 localMacAddress; };
  container =
    c:
    network c
    // {
      inherit (c)
        additionalCapabilities
        allowedDevices
        autoStart
        bindMounts
        copyResolvConf
        dropCapabilities
        enableTun
        ephemeral
        extraFlags
        flake
        interfaces
        macvlans
        networkNamespace
        privateNetwork
        privateUsers
        restartIfChanged
        timeoutStartSec
        tmpfs
        ;
      extraVeths = builtins.mapAttrs (_: network) c.extraVeths;
      path = c.fixturePath;
    };
  portLists = [ "allowedTCPPortRanges" "allowedTCPPorts" "allowedUDPPortRanges" "allowedUDPPorts" ];

  # Whether a file is part of the fixture (and not of nixpkgs, or of what stands in for other modules).
  isUsers = file: lib.hasPrefix "${toString fixture}/" file;

  model =
    evaluated:
    let
      inherit (evaluated) config options;
      firewall = config.networking.firewall;
      # Definitions of services may open ports, and so may modules that are not here.
      defined =
        options:
        lib.any (
          name:
          let
            o = options.${name};
          in
          name != "container-rebuild" && name != "_module" && (if lib.isOption o then lib.any isUsers o.files else builtins.isAttrs o && defined o)
        ) (builtins.attrNames options);
      free = lib.any (name: config.${name} or { } != { }) [ "programs" "virtualisation" ];
      declaredServices = defined options.services;
      freeServices = builtins.removeAttrs config.services (builtins.attrNames options.services) != { };
      missing = config.fixture.missing || description.missing or false;
      lower = missing || declaredServices || freeServices || free;
      # What the fixture itself says of a list, duplicates removed as the firewall does.
      own =
        name:
        let
          values = lib.concatMap (d: d.value) (builtins.filter (d: isUsers d.file) options.networking.firewall.${name}.definitionsWithLocations);
        in
        if lib.hasSuffix "Ranges" name then values else lib.unique (builtins.sort builtins.lessThan values);
      ports =
        name:
        if !lower then
          firewall.${name}
        else
          {
            _unknown = true;
            _atleast = own name;
          }
          // lib.optionalAttrs (!missing) { _within = firewall.${name}; };
    in
    lib.optionalAttrs (description.module or false) {
      services.container-rebuild = builtins.removeAttrs config.services.container-rebuild [ "package" ];
    }
    // {
      format_version = 1;
      system = {
        inherit (config.networking) hostName;
        inherit (config.system) stateVersion;
      };
      containers = builtins.mapAttrs (_: container) config.containers;
      boot = { inherit (config.boot) enableContainers; };
      networking = {
        nat = {
          inherit (config.networking.nat)
            dmzHost
            enable
            enableIPv6
            externalIP
            externalIPv6
            externalInterface
            extraCommands
            extraStopCommands
            forwardPorts
            internalIPs
            internalIPv6s
            internalInterfaces
            ;
        };
        nftables = { inherit (config.networking.nftables) enable flushRuleset; };
        firewall = {
          inherit (firewall)
            enable
            allowPing
            trustedInterfaces
            checkReversePath
            filterForward
            ;
          interfaces = builtins.mapAttrs (_: i: lib.getAttrs portLists i) firewall.interfaces;
        }
        // lib.genAttrs portLists ports;
      };
    };

  # ---- what both runs agree on ----

  unknown = { _unknown = true; };
  # Where each has a name that the other has not, the names themselves are unknown, and with them the whole set.
  # What both have may be known nevertheless.
  namesDiffer = a: b: builtins.removeAttrs a (builtins.attrNames b) != { } && builtins.removeAttrs b (builtins.attrNames a) != { };
  agree =
    a: b:
    if builtins.isAttrs a && builtins.isAttrs b && !(namesDiffer a b) then
      builtins.mapAttrs (name: _: if a ? ${name} && b ? ${name} then agree a.${name} b.${name} else unknown) (a // b)
    else if builtins.isAttrs a && builtins.isAttrs b then
      builtins.mapAttrs (name: value: agree value b.${name}) (builtins.intersectAttrs b a) // { _open = true; }
    else if builtins.isList a && builtins.isList b && builtins.length a == builtins.length b then
      lib.zipListsWith agree a b
    else if a == b then
      a
    else
      unknown;
in
{
  nix = builtins.nixVersion;
  model = agree (run "a") (run "b");
}
