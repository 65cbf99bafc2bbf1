# `systemd.*`: units as options and as text.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.systemd;

  scalar = types.nullOr (types.oneOf [ types.bool types.int types.float types.str types.path types.package ]);
  section = description: mkOption {
    type = types.attrsOf (types.oneOf [ scalar (types.listOf scalar) ]);
    default = { };
    inherit description;
  };
  strings = description: mkOption {
    type = types.listOf types.str;
    default = [ ];
    inherit description;
  };
  text = description: mkOption {
    type = types.lines;
    default = "";
    inherit description;
  };
  bool = default: description: mkOption {
    type = types.bool;
    inherit default description;
  };

  relations = [
    "after"
    "before"
    "bindsTo"
    "conflicts"
    "onFailure"
    "onSuccess"
    "partOf"
    "requires"
    "requisite"
    "wants"
  ];
  common = {
    enable = bool true "Whether the unit may run; false masks it.";
    description = mkOption {
      type = types.singleLineStr;
      default = "";
      description = "What it is.";
    };
    documentation = strings "Where to read about it.";
    aliases = strings "Other names.";
    wantedBy = strings "Units that start it.";
    requiredBy = strings "Units that cannot do without it.";
    upheldBy = strings "Units that keep it running.";
    unitConfig = section "Further settings of `[Unit]`.";
    restartTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "What makes it restart when it changes.";
    };
    reloadTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "What makes it reload when it changes.";
    };
    restartIfChanged = bool true "Whether a switch restarts it.";
    reloadIfChanged = bool false "Whether a switch reloads it.";
    stopIfChanged = bool true "Whether a switch stops it first.";
    startLimitBurst = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "How many starts are too many.";
    };
    startLimitIntervalSec = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "In how many seconds.";
    };
  }
  // lib.genAttrs relations (name: strings "`${lib.toSentenceCase name}=`");

  scripts = {
    script = text "Shell script that is the service.";
    preStart = text "Shell script that runs before.";
    postStart = text "Shell script that runs after the start.";
    reload = text "Shell script that reloads.";
    preStop = text "Shell script that stops.";
    postStop = text "Shell script that runs after the stop.";
  };
  execOf = {
    script = "ExecStart";
    preStart = "ExecStartPre";
    postStart = "ExecStartPost";
    reload = "ExecReload";
    preStop = "ExecStop";
    postStop = "ExecStopPost";
  };

  service =
    { name, config, ... }:
    {
      options = common // scripts // {
        serviceConfig = section "Settings of `[Service]`.";
        environment = mkOption {
          type = types.attrsOf (types.nullOr (types.oneOf [ types.str types.path types.package types.int ]));
          default = { };
          description = "Environment variables.";
        };
        path = mkOption {
          type = types.listOf (types.either types.package types.str);
          default = [ ];
          description = "Packages on the PATH of the service.";
        };
        scriptArgs = mkOption {
          type = types.str;
          default = "";
          description = "Arguments of `script`.";
        };
        startAt = mkOption {
          type = types.either types.str (types.listOf types.str);
          default = [ ];
          apply = lib.toList;
          description = "When it starts (systemd.time(7)).";
        };
        enableStrictShellChecks = bool false "Accepted without effect.";
      };
      config.serviceConfig = lib.mapAttrs' (
        kind: directive:
        lib.nameValuePair directive (
          lib.mkIf (config.${kind} != "") (
            "${pkgs.writeShellScript "unit-script-${lib.strings.sanitizeDerivationName name}-${kind}" "set -e\n${config.${kind}}"}"
            + lib.optionalString (kind == "script" && config.scriptArgs != "") " ${config.scriptArgs}"
          )
        )
      ) execOf;
    };
  other =
    settings: more:
    types.submodule {
      options = common // { ${settings} = section "Settings of the section of this kind."; } // more;
    };

  kinds = {
    services = {
      suffix = "service";
      section = "Service";
      settings = "serviceConfig";
      type = types.submodule service;
    };
    sockets = rec {
      suffix = "socket";
      section = "Socket";
      settings = "socketConfig";
      type = other settings {
        listenStreams = strings "`ListenStream=`";
        listenDatagrams = strings "`ListenDatagram=`";
      };
    };
    timers = rec {
      suffix = "timer";
      section = "Timer";
      settings = "timerConfig";
      type = other settings { };
    };
    paths = rec {
      suffix = "path";
      section = "Path";
      settings = "pathConfig";
      type = other settings { };
    };
    slices = rec {
      suffix = "slice";
      section = "Slice";
      settings = "sliceConfig";
      type = other settings { };
    };
    targets = rec {
      suffix = "target";
      section = "Target";
      settings = "targetConfig";
      type = other settings { };
    };
  };

  # ---- as text ----

  directives =
    settings:
    lib.concatStrings (
      lib.mapAttrsToList (
        key: value:
        lib.concatMapStrings (
          v: lib.optionalString (v != null) "${key}=${if builtins.isBool v then lib.boolToString v else toString v}\n"
        ) (lib.toList value)
      ) settings
    );
  unitSection =
    unit:
    lib.optionalAttrs (unit.description != "") { Description = unit.description; }
    // lib.optionalAttrs (unit.documentation != [ ]) { Documentation = toString unit.documentation; }
    // lib.concatMapAttrs (
      name: values: lib.optionalAttrs (values != [ ]) { ${lib.toSentenceCase name} = toString values; }
    ) (lib.getAttrs relations unit)
    // lib.optionalAttrs (unit.startLimitBurst != null) { StartLimitBurst = unit.startLimitBurst; }
    // lib.optionalAttrs (unit.startLimitIntervalSec != null) { StartLimitIntervalSec = unit.startLimitIntervalSec; }
    // lib.optionalAttrs (unit.restartTriggers != [ ]) { X-Restart-Triggers = toString unit.restartTriggers; }
    // lib.optionalAttrs (!unit.restartIfChanged) { X-RestartIfChanged = false; }
    // unit.unitConfig;
  environment = unit:
    let
      path = lib.optional (unit.path != [ ]) "PATH=${lib.concatMapStringsSep ":" (p: "${p}/bin") unit.path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
      variables = lib.mapAttrsToList (name: v: "${name}=${toString v}") (lib.filterAttrs (_: v: v != null) unit.environment);
      quote = v: "\"${lib.escape [ "\\" "\"" ] (lib.replaceStrings [ "%" "\n" ] [ "%%" "\\n" ] v)}\"";
    in
    lib.optionalAttrs (path ++ variables != [ ]) { Environment = map quote (path ++ variables); };
  extraSettings = {
    services = environment;
    sockets = unit: { ListenStream = unit.listenStreams; ListenDatagram = unit.listenDatagrams; };
  };
  render =
    kind: unit:
    "[Unit]\n${directives (unitSection unit)}\n[${kinds.${kind}.section}]\n${
      directives ((extraSettings.${kind} or (_: { })) unit // unit.${kinds.${kind}.settings})
    }";
  unitsOf =
    kind:
    lib.mapAttrs' (
      name: unit:
      lib.nameValuePair "${name}.${kinds.${kind}.suffix}" {
        inherit (unit) enable aliases wantedBy requiredBy upheldBy;
        text = render kind unit;
      }
    ) cfg.${kind};
in
{
  options.systemd =
    builtins.mapAttrs (
      _: kind:
      mkOption {
        type = types.attrsOf kind.type;
        default = { };
        description = "Units `*.${kind.suffix}`.";
      }
    ) kinds
    // {
      tmpfiles.rules = strings "Lines of tmpfiles.d(5).";
      tmpfiles.settings = mkOption {
        type = types.attrsOf (types.attrsOf (types.attrsOf (types.attrsOf types.str)));
        default = { };
        description = "The same by file, path and letter, with `mode`, `user`, `group`, `age` and `argument`.";
      };
      defaultUnit = mkOption {
        type = types.str;
        default = "multi-user.target";
        description = "What the system starts.";
      };
      packages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Packages that bring units in `lib/systemd/system` or `etc/systemd/system`.";
      };
      globalEnvironment = mkOption {
        type = types.attrsOf types.str;
        default = { };
        description = "Environment variables of the manager.";
      };
      extraConfig = text "Further lines of `system.conf`.";
    }
    // lib.genAttrs [ "network" "user" "coredump" "oomd" "sleep" "watchdog" "settings" ] (
      _:
      mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "Accepted without effect.";
      }
    );

  # What the system's builder reads: units as text, by file name.
  options.system.build.units = mkOption {
    type = types.attrsOf types.raw;
    internal = true;
    readOnly = true;
    default = lib.concatMapAttrs (kind: _: unitsOf kind) kinds;
    description = "All units.";
  };

  config.systemd.timers = lib.concatMapAttrs (
    name: service:
    lib.optionalAttrs (service.startAt != [ ]) {
      ${name} = {
        wantedBy = [ "timers.target" ];
        timerConfig.OnCalendar = service.startAt;
      };
    }
  ) cfg.services;

  config.environment.etc."tmpfiles.d/00-nixos.conf".text = lib.concatLines (
    cfg.tmpfiles.rules
    ++ lib.concatLists (
      lib.mapAttrsToList (
        _: lib.mapAttrsToList (
          path: letters: lib.concatStringsSep "\n" (
            lib.mapAttrsToList (
              letter: rule:
              "${letter} ${path} ${rule.mode or "-"} ${rule.user or "-"} ${rule.group or "-"} ${rule.age or "-"} ${rule.argument or ""}"
            ) letters
          )
        )
      ) cfg.tmpfiles.settings
    )
  );
}
