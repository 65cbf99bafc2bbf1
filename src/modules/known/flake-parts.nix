# flake-parts, as far as hosts need it: its module options, `perSystem`, and the functions that modules call.
#
# Written after its documentation; `opened of value` lets `value` have names that are not known where `of` does.
{
  lib,
  opened ? _: value: value,
}:
let
  inherit (lib) mapAttrs mkOption types;
  inherit (lib.strings) escapeNixIdentifier;

  attrsOf =
    type:
    mkOption {
      type = types.lazyAttrsOf type;
      default = { };
    };

  # Outputs with a part for each system.
  perSystems = [
    "apps"
    "checks"
    "devShells"
    "legacyPackages"
    "packages"
  ];

  # Modules as they are given to others: with their class, and with the place that messages name.
  published = class: place: module: {
    _class = class;
    _file = place;
    imports = [ module ];
  };

  # ---- a system's part ----

  ofSystem =
    {
      config,
      options,
      specialArgs,
      ...
    }:
    {
      options = lib.genAttrs perSystems (_: attrsOf types.raw) // {
        formatter = mkOption {
          type = types.nullOr types.raw;
          default = null;
        };
        allModuleArgs = mkOption {
          type = types.lazyAttrsOf types.raw;
          readOnly = true;
        };
        debug = mkOption {
          type = types.bool;
          default = false;
        };
      };
      config.allModuleArgs = config._module.args // specialArgs // { inherit config options; };
    };

  # ---- the flake ----

  outputs =
    { moduleLocation, ... }:
    {
      freeformType = types.lazyAttrsOf types.raw;
      options = lib.genAttrs perSystems (_: attrsOf (types.lazyAttrsOf types.raw)) // {
        formatter = attrsOf types.raw;
        nixosConfigurations = attrsOf types.raw;
        overlays = attrsOf types.raw;
        nixosModules = attrsOf types.deferredModule // {
          apply = mapAttrs (name: published "nixos" "${toString moduleLocation}#nixosModules.${name}");
        };
      };
    };

  core =
    {
      config,
      inputs,
      moduleLocation,
      self,
      ...
    }:
    let
      evaluated =
        module: system:
        let
          args =
            { config, ... }:
            {
              _module.args = {
                inherit system;
                self' = perInput system self;
                inputs' = mapAttrs (_: perInput system) inputs;
                pkgs = lib.mkOptionDefault inputs.nixpkgs.legacyPackages.${system};
              };
            };
        in
        (lib.evalModules {
          class = "perSystem";
          prefix = [
            "perSystem"
            system
          ];
          modules = [
            args
            module
          ];
        }).config;
      perInput = system: flake: config.perInput system flake;
      # Hosts ask for these; which systems there are may not be known.
      usual = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] config.perSystem;
      getSystem = system: usual.${system} or (config.perSystem system);
      withSystem = system: f: f (getSystem system).allModuleArgs;
      systems = lib.genAttrs config.systems getSystem;
    in
    {
      options = {
        systems = mkOption { type = types.listOf types.str; };
        debug = mkOption {
          type = types.bool;
          default = false;
        };
        flake = mkOption {
          type = types.submoduleWith {
            modules = [ outputs ];
            specialArgs = { inherit moduleLocation; };
          };
          default = { };
        };
        perInput = mkOption { type = types.functionTo (types.functionTo (types.lazyAttrsOf types.raw)); };
        perSystem = mkOption {
          type = types.deferredModuleWith { staticModules = [ ofSystem ]; };
          default = { };
          apply = evaluated;
        };
        transposition = mkOption {
          type = types.lazyAttrsOf (
            types.submodule {
              options.adHoc = mkOption {
                type = types.bool;
                default = false;
              };
            }
          );
          default = { };
        };
        allSystems = mkOption {
          type = types.lazyAttrsOf types.raw;
          readOnly = true;
        };
      };
      config = {
        allSystems = systems;
        perInput = system: flake: mapAttrs (name: _: flake.${name}.${system}) config.transposition;
        transposition = lib.genAttrs perSystems (_: { });
        flake = mapAttrs (name: _: mapAttrs (_: system: system.${name}) systems) config.transposition // {
          formatter = mapAttrs (_: system: system.formatter) (
            lib.filterAttrs (_: system: system.formatter != null) systems
          );
        };
        _module.args = {
          inherit getSystem withSystem;
          moduleWithSystem =
            module:
            { config, ... }:
            let
              args =
                config._module.args.system or config._module.args.pkgs.stdenv.hostPlatform.system;
              given = withSystem args (args: args);
            in
            {
              imports = [ (module (mapAttrs (name: _: given.${name}) (lib.functionArgs module))) ];
            };
        };
      };
    };

  # `flake-parts.flakeModules.modules`
  modules =
    { moduleLocation, ... }:
    {
      options.flake.modules = attrsOf (types.lazyAttrsOf types.deferredModule) // {
        apply = mapAttrs (
          class:
          mapAttrs (
            name: module:
            let
              place = "${toString moduleLocation}#modules.${escapeNixIdentifier class}.${escapeNixIdentifier name}";
            in
            if class == "generic" then module else { ... }: published class place module
          )
        );
      };
    };

  # `flake-parts.flakeModules.flakeModules`
  flakeModules =
    { moduleLocation, ... }:
    {
      options.flake.flakeModules = attrsOf types.deferredModule // {
        apply = mapAttrs (name: published "flake" "${toString moduleLocation}#flakeModules.${name}");
      };
    };

  # ---- functions ----

  functions = {
    evalFlakeModule =
      args@{
        inputs ? self.inputs,
        self ? inputs.self,
        specialArgs ? { },
        moduleLocation ? "${self.outPath}/flake.nix",
      }:
      module:
      lib.evalModules {
        class = "flake";
        specialArgs = {
          inherit inputs moduleLocation self;
          flake-parts-lib = functions;
        }
        // specialArgs;
        modules = [
          core
          (lib.setDefaultModuleLocation moduleLocation module)
        ];
      };
    mkFlake =
      args: module:
      let
        inherit (functions.evalFlakeModule args module) config;
      in
      opened config config.flake;
    importApply = path: args: lib.setDefaultModuleLocation path (import path args);
    mkPerSystemType = module: types.deferredModuleWith { staticModules = [ module ]; };
    mkPerSystemOption = module: mkOption { type = functions.mkPerSystemType module; };
    mkDeferredModuleType = functions.mkPerSystemType;
    mkDeferredModuleOption = functions.mkPerSystemOption;
    mkSubmoduleOptions = options: mkOption { type = types.submoduleWith { modules = [ { inherit options; } ]; }; };
    mkTransposedPerSystemModule =
      {
        name,
        option,
        file,
      }:
      {
        _file = file;
        options = {
          flake.${name} = attrsOf option.type;
          perSystem = functions.mkPerSystemOption {
            _file = file;
            options.${name} = option;
          };
        };
        config.transposition.${name} = { };
      };
    defaultModule = module: module.flakeModules.default or module;
  };
in
{
  lib = functions;
  flakeModules = { inherit flakeModules modules; };
}
