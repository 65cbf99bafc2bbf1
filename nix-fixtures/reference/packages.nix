# `pkgs` as far as a configuration can tell without nixpkgs: packages have a name, and a store path that varies.
{ lib, vary, system }:
let
  store = vary "/nix/store/0000000000000000000000000000000a" "/nix/store/0000000000000000000000000000000b";
  package =
    name:
    lib.fix (self: {
      type = "derivation";
      inherit system;
      name = vary "${name}-1.0" "other-${name}-2.0";
      pname = vary name "other-${name}";
      version = vary "1.0" "2.0";
      outPath = "${store}-${name}";
      drvPath = "${store}-${name}.drv";
      outputName = "out";
      outputs = [ "out" ];
      out = self;
      meta.mainProgram = vary name "other-${name}";
      override = _: self;
      overrideAttrs = _: self;
      passthru = { };
      shellPath = "/bin/${name}";
    });
  names = [
    "bash" "bashInteractive" "borgbackup" "btop" "busybox" "cacert" "caddy" "coreutils" "cowsay" "curl" "dnsutils" "docker" "fd"
    "ffmpeg" "firefox" "fish" "git" "gnugrep" "gnused" "gnutar" "go" "grafana" "gzip" "hello" "htop" "iproute2" "iptables" "iputils"
    "jellyfin" "jq" "kmod" "less" "linux" "mariadb" "mosquitto" "nano" "ncdu" "neovim" "nextcloud31" "nftables" "nginx" "nmap" "nodejs"
    "openssh" "openssl" "postgresql" "postgresql_16" "postgresql_17" "procps" "python3" "redis" "restic" "ripgrep" "rsync" "samba" "socat"
    "strace" "sudo" "systemd" "tailscale" "tcpdump" "tmux" "transmission_4" "tree" "unzip" "util-linux" "vaultwarden" "vim" "wget"
    "wireguard-tools" "zfs" "zsh"
  ];
  file = vary ./files/a ./files/b;
  # What is built has a text that nobody knows.
  built = name: package name // { outPath = toString file; };
  self = lib.genAttrs names package // {
    inherit lib system;
    _type = "pkgs";
    path = "${store}-nixpkgs";
    config.allowUnfree = false;
    stdenv = {
      inherit system;
      hostPlatform = lib.systems.elaborate system;
      buildPlatform = lib.systems.elaborate system;
      isLinux = true;
      mkDerivation = args: package (args.pname or args.name or "x");
    };
    hostPlatform = self.stdenv.hostPlatform;
    pkgs = self;
    callPackage = f: args: let g = if builtins.isFunction f then f else import f; in g (builtins.intersectAttrs (builtins.functionArgs g) self // args);
    writeText = name: _: built name;
    writeTextFile = { name, ... }: built name;
    writeTextDir = path: _: built (baseNameOf path);
    writeScript = name: _: built name;
    writeScriptBin = name: _: package name;
    writeShellScript = name: _: built name;
    writeShellScriptBin = name: _: package name;
    writeShellApplication = { name, ... }: package name;
    runCommand = name: _: _: built name;
    runCommandLocal = name: _: _: built name;
    symlinkJoin = { name, ... }: package name;
    buildEnv = { name, ... }: package name;
    linkFarm = name: _: package name;
    fetchurl = { url, ... }: package (baseNameOf url);
    fetchFromGitHub = { repo, ... }: package repo;
    formats = lib.genAttrs [ "json" "yaml" "toml" "ini" "keyValue" ] (kind: _: { type = lib.types.anything; generate = name: _: built name; });
    python3Packages = lib.genAttrs [ "requests" "flask" "pip" ] package;
    linuxPackages = { kernel = package "linux"; };
    linuxPackages_latest = { kernel = package "linux"; };
    extend = _: self;
    appendOverlays = _: self;
  };
in
self
