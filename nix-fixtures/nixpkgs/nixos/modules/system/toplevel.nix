# `system.build.toplevel`: the system as a store path that a container boots.
#
#   init, activate, bin/switch-to-configuration   the scripts of `guest/`, filled in
#   switch-inhibitors                             what only a boot may change, as JSON
#   etc, files                                    what goes below /etc, and a line for each: name, mode, owner, group
#   accounts                                      groups and users, see `accounts/users.nix`
#   sw, system, init-interface-version            as NixOS has them
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  guest = import ../../../guest;
  etc = builtins.filter (file: file.enable) (builtins.attrValues config.environment.etc);
  inherit (config.system.build) units;

  # Units of the Debian tree that have no business in a container, or would keep it waiting.
  masked = [
    "apt-daily-upgrade.timer"
    "apt-daily.timer"
    "console-getty.service"
    "container-getty@.service"
    "dpkg-db-backup.timer"
    "e2scrub_all.timer"
    "e2scrub_reap.service"
    "fstrim.timer"
    "getty.target"
    "ldconfig.service"
    "logrotate.timer"
    "nginx.service"
    "ssh.service"
    "ssh.socket"
    "systemd-firstboot.service"
    "systemd-hwdb-update.service"
    "systemd-journal-catalog-update.service"
    "systemd-modules-load.service"
    "systemd-networkd-wait-online.service"
    "systemd-networkd.service"
    "systemd-networkd.socket"
    "systemd-pcrphase.service"
    "systemd-resolved.service"
    "systemd-timesyncd.service"
    "systemd-udevd.service"
    "systemd-update-done.service"
  ];
  networkd = map (name: "systemd-networkd.${name}") [ "service" "socket" ];
  needed = lib.optionals config.networking.useNetworkd networkd;
  masks = lib.subtractLists (builtins.attrNames units ++ needed) masked ++ builtins.attrNames (lib.filterAttrs (_: u: !u.enable) units);

  quote = lib.escapeShellArg;
  fillIn = name: file: ''
    {
      echo '#!${guest.busybox}/bin/busybox sh'
      sed "s|@system@|$out|g; s|@debianGuest@|${guest.debianGuest}|g; s|@busybox@|${guest.busybox}|g" ${file}
    } >$out/${name}
    chmod +x $out/${name}
  '';
  unitText = name: unit: ''
    printf %s ${quote unit.text} >${quote name}
    ${lib.concatMapStrings (alias: "ln -s ${quote name} ${quote alias}\n") unit.aliases}${
      lib.concatMapStrings (link: "mkdir -p ${quote (dirOf link)}\nln -s ../${quote name} ${quote link}\n") (
        map (target: "${target}.wants/${name}") unit.wantedBy
        ++ map (target: "${target}.requires/${name}") unit.requiredBy
        ++ map (target: "${target}.upholds/${name}") unit.upheldBy
      )
    }'';

  toplevel =
    pkgs.runCommand "nixos-system-${config.system.name}-${config.system.nixos.label}"
      {
        accounts = config.system.build.accounts;
        files = lib.concatMapStrings (file: "${file.target}\t${file.mode}\t${file.user}\t${file.group}\n") etc + "systemd/system\tsymlink\t+0\t+0\n";
        passAsFile = [ "accounts" "files" ];
      }
      ''
        mkdir -p $out/bin $out/etc/systemd/system
        cp "$accountsPath" $out/accounts
        cp "$filesPath" $out/files
        ${fillIn "init" ../../../guest/init.sh}
        ${fillIn "activate" ../../../guest/activate.sh}
        ${lib.optionalString config.system.switch.enable ''
          ${fillIn "bin/switch-to-configuration" ../../../guest/switch.sh}
          printf %s ${quote (builtins.toJSON config.system.switch.inhibitors)} >$out/switch-inhibitors
        ''}
        printf %s ${quote config.nixpkgs.hostPlatform.system} >$out/system
        printf %s ${quote "systemd of ${guest.debianGuest}"} >$out/init-interface-version
        ln -s ${guest.debianGuest}/usr/lib/systemd $out/systemd
        ${
          if config.environment.systemPackages == [ ] then
            "mkdir $out/sw"
          else
            "ln -s ${pkgs.buildEnv { name = "system-path"; paths = config.environment.systemPackages; }} $out/sw"
        }
        ${lib.optionalString (
          config.networking.nameservers != [ ] && !config.networking.useHostResolvConf
        ) "printf '%s\\n' ${lib.concatMapStringsSep " " (address: quote "nameserver ${address}") config.networking.nameservers} >$out/resolv.conf"}

        cd $out/etc
        ${lib.concatMapStrings (file: "mkdir -p ${quote (dirOf "./${file.target}")}\nln -s ${quote "${file.source}"} ${quote file.target}\n") etc}
        cd $out/etc/systemd/system
        ${lib.concatStrings (lib.mapAttrsToList unitText (lib.filterAttrs (_: u: u.enable) units))}
        ${lib.concatMapStrings (name: "ln -s /dev/null ${quote name}\n") masks}
        ln -s /usr/lib/systemd/system/${quote config.systemd.defaultUnit} default.target
        ${lib.optionalString config.networking.useNetworkd ''
          mkdir -p multi-user.target.wants
          ln -s /usr/lib/systemd/system/systemd-networkd.service multi-user.target.wants/
        ''}
      '';
in
{
  options.system.build = mkOption {
    type = types.submodule {
      freeformType = types.lazyAttrsOf types.unspecified;
      options.toplevel = mkOption {
        type = types.package;
        readOnly = true;
        description = "The whole system.";
      };
    };
    default = { };
    description = "What is built of this configuration.";
  };

  options.system.switch = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether a running system can switch to this one.";
    };
    inhibitors = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "What only a boot may change.";
    };
  };

  config.system.switch.inhibitors.dbus-implementation = config.services.dbus.implementation or "dbus";
  config.system.build.toplevel = lib.asserts.checkAssertWarn config.assertions config.warnings toplevel;
  config.environment.etc = {
    hostname.text = "${config.networking.hostName}\n";
    "systemd/network/40-eth0.network" = lib.mkIf config.networking.useNetworkd {
      text = "[Match]\nName=eth0\n\n[Network]\nIPv6AcceptRA=no\n" + lib.concatMapStrings (a: "Address=${a.address}/${toString a.prefixLength}\n") (
        config.networking.interfaces.eth0.ipv4.addresses or [ ] ++ config.networking.interfaces.eth0.ipv6.addresses or [ ]
      );
    };
    localtime = lib.mkIf (config.time.timeZone != null) { source = "/usr/share/zoneinfo/${config.time.timeZone}"; };
  };
}
