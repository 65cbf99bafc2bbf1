# Options that host configurations set and that mean nothing to containers or to the guests of this tree. They are
# accepted as they are and have no effect; everything that is not here and not declared elsewhere is an error.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  accepted = mkOption {
    type = types.attrsOf types.anything;
    default = { };
    description = "Accepted without effect.";
  };
  value =
    type: default:
    mkOption {
      inherit type default;
      description = "Accepted without effect.";
    };
  all = names: lib.genAttrs names (_: accepted);
in
{
  options = {
    boot =
      all [
        "binfmt"
        "bootspec"
        "initrd"
        "loader"
        "plymouth"
        "swraid"
        "tmp"
        "zfs"
      ]
      // {
        extraModprobeConfig = value types.lines "";
        extraModulePackages = value (types.listOf types.raw) [ ];
        kernel.enable = value types.bool true;
        kernel.sysctl = value (types.attrsOf (types.nullOr (types.oneOf [ types.bool types.str types.int ]))) { };
        kernelModules = value (types.listOf types.str) [ ];
        kernelPackages = value types.raw null;
        kernelParams = value (types.listOf types.str) [ ];
        blacklistedKernelModules = value (types.listOf types.str) [ ];
        supportedFilesystems = value types.raw [ ];
      };
    services = all [
      "avahi"
      "cron"
      "dbus"
      "displayManager"
      "fail2ban"
      "fwupd"
      "getty"
      "journald"
      "libinput"
      "logind"
      "logrotate"
      "lvm"
      "openvpn"
      "pcscd"
      "pipewire"
      "printing"
      "prometheus"
      "qemuGuest"
      "resolved"
      "smartd"
      "tailscale"
      "timesyncd"
      "udev"
      "xserver"
    ];
    security =
      all [
        "acme"
        "apparmor"
        "audit"
        "auditd"
        "doas"
        "pam"
        "pki"
        "polkit"
        "sudo"
        "wrappers"
      ]
      // {
        protectKernelImage = value types.bool false;
      };
    system.activationScripts = accepted;
    system.userActivationScripts = accepted;
    system.extraDependencies = value (types.listOf types.raw) [ ];
  }
  // all [
    "console"
    "documentation"
    "fileSystems"
    "fonts"
    "hardware"
    "i18n"
    "nix"
    "powerManagement"
    "programs"
    "qt"
    "specialisation"
    "xdg"
    "zramSwap"
  ]
  // {
    swapDevices = value (types.listOf types.raw) [ ];
  };
}
