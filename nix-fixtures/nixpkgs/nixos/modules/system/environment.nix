# `environment` and `time`: files below `/etc`, packages, variables.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.environment;

  variable = types.oneOf [ (types.listOf (types.oneOf [ types.int types.str types.path ])) types.int types.str types.path ];
  variables =
    description:
    mkOption {
      type = types.attrsOf (types.nullOr variable);
      default = { };
      inherit description;
    };
  show = v: if builtins.isList v then lib.concatMapStringsSep ":" toString v else toString v;
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };

  file =
    { name, config, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether the file is there.";
        };
        target = mkOption {
          type = types.str;
          default = name;
          description = "Its path below `/etc`.";
        };
        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
          description = "What it says.";
        };
        source = mkOption {
          type = types.path;
          description = "The file or folder that it is.";
        };
        mode = mkOption {
          type = types.str;
          default = "symlink";
          description = "`symlink`, or the mode of a copy.";
        };
        uid = mkOption {
          type = types.int;
          default = 0;
          description = "The owner of a copy.";
        };
        gid = mkOption {
          type = types.int;
          default = 0;
          description = "The group of a copy.";
        };
        user = mkOption {
          type = types.str;
          default = "+${toString config.uid}";
          description = "The owner of a copy, by name.";
        };
        group = mkOption {
          type = types.str;
          default = "+${toString config.gid}";
          description = "The group of a copy, by name.";
        };
      };
      config.source = lib.mkIf (config.text != null) (
        lib.mkDefault (pkgs.writeText "etc-${lib.strings.sanitizeDerivationName (baseNameOf name)}" config.text)
      );
    };
in
{
  options = {
    environment = {
      etc = mkOption {
        type = types.attrsOf (types.submodule file);
        default = { };
        description = "Files below `/etc`.";
      };
      systemPackages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Packages whose programs are on the PATH.";
      };
      defaultPackages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "More of them.";
      };
      variables = variables "Variables of all shells.";
      sessionVariables = variables "Variables of all sessions.";
      shellAliases = mkOption {
        type = types.attrsOf (types.nullOr types.str);
        default = { };
        description = "Aliases of all shells.";
      };
      shellInit = text "What all shells run first.";
      loginShellInit = text "What login shells run first.";
      interactiveShellInit = text "What interactive shells run first.";
      pathsToLink = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Accepted without effect: everything is linked.";
      };
      enableAllTerminfo = mkOption {
        type = types.bool;
        default = false;
        description = "Accepted without effect.";
      };
    };
    time = {
      timeZone = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "The time zone.";
      };
      hardwareClockInLocalTime = mkOption {
        type = types.bool;
        default = false;
        description = "Accepted without effect.";
      };
    };
  };

  config.environment.etc = {
    "profile.d/10-system.sh".text =
      ''
        export PATH="/run/current-system/sw/bin:$PATH"
      ''
      + lib.concatStrings (
        lib.mapAttrsToList (name: v: lib.optionalString (v != null) "export ${name}=${lib.escapeShellArg (show v)}\n") (
          cfg.variables // cfg.sessionVariables
        )
      )
      + lib.concatStrings (
        lib.mapAttrsToList (name: v: lib.optionalString (v != null) "alias -- ${lib.escapeShellArg "${name}=${v}"}\n") cfg.shellAliases
      )
      + cfg.shellInit
      + cfg.loginShellInit;
    hosts.text =
      let
        network = config.networking;
        name = lib.optionalString (network.domain != null) "${network.hostName}.${network.domain} " + network.hostName;
      in
      ''
        127.0.0.1 localhost
        ::1 localhost
        127.0.0.2 ${name}
      ''
      + lib.concatStrings (lib.mapAttrsToList (address: names: "${address} ${toString names}\n") network.hosts)
      + network.extraHosts;
  };
}
