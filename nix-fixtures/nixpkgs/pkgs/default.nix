# All packages, as a function of the final set.
{
  lib,
  config,
  system,
  path,
}:
final:
let
  guest = import ../guest;
  builders = import ./builders.nix { inherit lib system guest; };
  inherit (builders) fromTree;
in
builders
// {
  _type = "pkgs";
  inherit lib config system path;
  pkgs = final;
  callPackage = f: args: let g = if lib.isFunction f then f else import f; in g (builtins.intersectAttrs (lib.functionArgs g) final // args);
  # The packages themselves, without what somebody added to their set.
  appendOverlays = lib.foldl' (packages: packages.extend) final;
  extend = overlay: lib.fix (lib.extends overlay (_: final));

  stdenv = {
    hostPlatform = lib.systems.elaborate system;
    buildPlatform = lib.systems.elaborate system;
    isLinux = true;
    shell = "/bin/bash";
  };
  runtimeShell = "/bin/bash";
  bash = fromTree "bash" [ "bash" "sh" ];
  bashInteractive = final.bash;
  cacert = fromTree "cacert" [ ];
  coreutils = fromTree "coreutils" [ "cat" "chmod" "chown" "cp" "date" "echo" "env" "id" "install" "ln" "ls" "mkdir" "mktemp" "mv" "rm" "seq" "sleep" "sort" "stat" "tail" "tee" "test" "touch" "true" "wc" ];
  curl = fromTree "curl" [ "curl" ];
  findutils = fromTree "findutils" [ "find" "xargs" ];
  gnugrep = fromTree "gnugrep" [ "grep" ];
  gnused = fromTree "gnused" [ "sed" ];
  iproute2 = fromTree "iproute2" [ "ip" "ss" ];
  iputils = fromTree "iputils" [ "ping" ];
  less = fromTree "less" [ "less" ];
  nginx = fromTree "nginx" [ "nginx" ];
  openssh = fromTree "openssh" [ "ssh" "ssh-keygen" "sshd" ];
  procps = fromTree "procps" [ "free" "pgrep" "pkill" "ps" "top" "uptime" "watch" ];
  python3 = fromTree "python3" [ "python3" ];
  socat = fromTree "socat" [ "socat" ];
  systemd = fromTree "systemd" [ "journalctl" "systemctl" "systemd-notify" "systemd-run" ];
  util-linux = fromTree "util-linux" [ "flock" "mount" "mountpoint" "nsenter" "setsid" "umount" "unshare" ];

  busybox = lib.toDerivation guest.busybox // { pname = "busybox"; };
  hello = final.writeShellScriptBin "hello" "echo 'Hello, world!'" // { version = "1"; };

  linuxPackages.kernel.version = "6.18";
  formats = {
    json = _: {
      type = lib.types.anything;
      generate = name: value: final.writeText name (builtins.toJSON value);
    };
    yaml = _: final.formats.json { };
    ini = _: {
      type = lib.types.attrsOf lib.types.anything;
      generate = name: value: final.writeText name (lib.generators.toINI { } value);
    };
    keyValue = _: {
      type = lib.types.attrsOf lib.types.anything;
      generate = name: value: final.writeText name (lib.generators.toKeyValue { } value);
    };
  };
}
