# `users.users` and `users.groups`. Numbers that are not given are found when the system starts.
{
  config,
  lib,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.users;

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
  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };

  user =
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.passwdEntry types.str;
          default = name;
          description = "The name of the account.";
        };
        enable = bool true "Whether the account exists.";
        description = mkOption {
          type = types.passwdEntry types.str;
          default = "";
          description = "The comment field.";
        };
        uid = maybe types.int "The number; null means a free one.";
        isSystemUser = bool false "Whether this is the account of a service.";
        isNormalUser = bool false "Whether this is the account of a person.";
        group = mkOption {
          type = types.str;
          default = if config.isNormalUser then "users" else "";
          description = "The primary group.";
        };
        extraGroups = strings "Further groups.";
        home = mkOption {
          type = types.passwdEntry types.path;
          default = if config.isNormalUser then "/home/${config.name}" else "/var/empty";
          description = "The home folder.";
        };
        createHome = bool config.isNormalUser "Whether the home folder is made.";
        homeMode = mkOption {
          type = types.strMatching "[0-7]{1,5}";
          default = "700";
          description = "The mode of the home folder.";
        };
        shell = mkOption {
          type = types.nullOr (types.either types.package (types.passwdEntry types.path));
          default = if config.isNormalUser then "/bin/bash" else "/usr/sbin/nologin";
          apply = shell: if lib.isDerivation shell then lib.getExe shell else shell;
          description = "The login shell.";
        };
        useDefaultShell = bool false "Accepted without effect.";
        linger = bool false "Accepted without effect.";
        packages = mkOption {
          type = types.listOf types.package;
          default = [ ];
          description = "Packages for this user.";
        };
        password = maybe types.str "Accepted without effect.";
        initialPassword = maybe types.str "Accepted without effect.";
        hashedPassword = maybe types.str "The hash of the password.";
        initialHashedPassword = maybe types.str "The hash of the first password.";
        hashedPasswordFile = maybe types.str "Accepted without effect.";
        openssh.authorizedKeys = {
          keys = strings "Keys that may log in.";
          keyFiles = mkOption {
            type = types.listOf types.path;
            default = [ ];
            description = "Files of keys that may log in.";
          };
        };
      };
    };

  group =
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.passwdEntry types.str;
          default = name;
          description = "The name of the group.";
        };
        gid = maybe types.int "The number; null means a free one.";
        members = strings "Who belongs to it.";
      };
    };

  wanted = builtins.filter (u: u.enable) (builtins.attrValues cfg.users);
  members = g: lib.unique (g.members ++ map (u: u.name) (builtins.filter (u: builtins.elem g.name u.extraGroups) wanted));
  number = n: if n == null then "-" else toString n;
  field = s: if s == "" then "-" else s;
in
{
  options = {
    users = {
      users = mkOption {
        type = types.attrsOf (types.submodule user);
        default = { };
        description = "Accounts.";
      };
      groups = mkOption {
        type = types.attrsOf (types.submodule group);
        default = { };
        description = "Groups.";
      };
      mutableUsers = bool true "Whether accounts may be changed by hand.";
      defaultUserShell = mkOption {
        type = types.either types.path types.package;
        default = "/bin/bash";
        description = "Accepted without effect.";
      };
      motd = maybe types.lines "Accepted without effect.";
      allowNoPasswordLogin = bool false "Accepted without effect.";
    };
    # What the start script reads: one account or group a line, fields separated by tabs.
    system.build.accounts = mkOption {
      type = types.str;
      internal = true;
      readOnly = true;
      description = "Groups and accounts as lines.";
      default =
        lib.concatMapStrings (g: "group\t${g.name}\t${number g.gid}\t${field (lib.concatStringsSep "," (members g))}\n") (builtins.attrValues cfg.groups)
        + lib.concatMapStrings (
          u:
          lib.concatStringsSep "\t" [
            "user"
            u.name
            (number u.uid)
            (if u.isNormalUser then "1000" else "400")
            (field u.group)
            (field u.description)
            u.home
            (if u.createHome then u.homeMode else "-")
            (if u.shell == null then "/usr/sbin/nologin" else u.shell)
            (field (toString (if u.hashedPassword != null then u.hashedPassword else u.initialHashedPassword)))
          ]
          + "\n"
        ) wanted;
    };
  };

  config = {
    users.users.root = {
      uid = lib.mkDefault 0;
      group = "root";
      home = lib.mkDefault "/root";
      shell = lib.mkDefault "/bin/bash";
      isSystemUser = lib.mkDefault true;
    };
    users.groups = lib.genAttrs [ "root" "users" "wheel" "nogroup" ] (_: { });

    assertions = lib.concatMap (u: [
      {
        assertion = u.isSystemUser != u.isNormalUser;
        message = "Exactly one of users.users.${u.name}.isSystemUser and users.users.${u.name}.isNormalUser must be set.";
      }
      {
        assertion = u.group != "";
        message = "users.users.${u.name}.group is unset. Make a group with users.groups.${u.name} = {}; and name it there.";
      }
    ]) wanted;

    environment.etc = lib.mkMerge (
      map (
        u:
        let
          keys = u.openssh.authorizedKeys.keys ++ map builtins.readFile u.openssh.authorizedKeys.keyFiles;
        in
        lib.mkIf (keys != [ ]) { "ssh/authorized_keys.d/${u.name}".text = lib.concatMapStrings (key: "${lib.removeSuffix "\n" key}\n") keys; }
      ) wanted
    );
  };
}
