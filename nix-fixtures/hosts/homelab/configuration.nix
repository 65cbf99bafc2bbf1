# A whole home server in one file: eight containers in as many manners, NAT, per-interface ports, proxies, backups.
{ config, lib, pkgs, ... }:

let
  domain = "home.example.net";
  lan = "enp3s0";
  ipv4 = {
    prefix = "10.231.";
    host = n: "${ipv4.prefix}${toString n}.1";
    guest = n: "${ipv4.prefix}${toString n}.2";
  };
  data = "/tank";

  pair = n: {
    privateNetwork = true;
    hostAddress = ipv4.host n;
    localAddress = ipv4.guest n;
  };
  rw = hostPath: { inherit hostPath; isReadOnly = false; };
  ro = hostPath: { inherit hostPath; isReadOnly = true; };

  proxied = {
    cloud = { port = 80; container = "nextcloud"; };
    photos = { port = 2283; container = "immich"; };
    books = { port = 8083; container = "calibre"; extra = "client_max_body_size 50M;"; };
    git = { port = 3000; container = "forgejo"; };
  };
in
{
  imports = [ ];

  boot = {
    loader = {
      systemd-boot.enable = true;
      efi.canTouchEfiVariables = true;
    };
    supportedFilesystems = [ "zfs" ];
    zfs.extraPools = [ "tank" ];
    kernel.sysctl."net.ipv4.ip_forward" = 1;
  };
  networking.hostId = "deadbeef";

  fileSystems."/" = { device = "/dev/disk/by-uuid/0000-0001"; fsType = "ext4"; };
  fileSystems."/boot" = { device = "/dev/disk/by-uuid/0000-0002"; fsType = "vfat"; };
  fileSystems."/mnt/media" = {
    device = "nas:/media";
    fsType = "nfs";
    options = [ "x-systemd.automount" "noauto" ];
  };

  time.timeZone = "Europe/Berlin";
  i18n.defaultLocale = "de_DE.UTF-8";
  console.keyMap = "de";

  users.users.admin = {
    isNormalUser = true;
    extraGroups = [ "wheel" "networkmanager" ];
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA admin@laptop" ];
  };

  environment.systemPackages = with pkgs; [ vim htop tmux git ];
  environment.variables.EDITOR = "vim";
  programs.zsh.enable = true;
  security.sudo.wheelNeedsPassword = false;

  services.openssh = {
    enable = true;
    ports = [ 2222 ];
    settings.PasswordAuthentication = false;
  };

  services.nginx = {
    enable = true;
    recommendedProxySettings = true;
    virtualHosts = lib.mapAttrs' (
      name: p:
      lib.nameValuePair "${name}.${domain}" {
        locations."/" = {
          proxyPass = "http://${config.containers.${p.container}.localAddress}:${toString p.port}";
          proxyWebsockets = true;
          extraConfig = p.extra or "";
        };
      }
    ) proxied;
  };

  networking = {
    hostName = "homelab";
    inherit domain;
    interfaces.${lan}.useDHCP = true;
    nat = {
      enable = true;
      internalInterfaces = [ "ve-+" ];
      externalInterface = lan;
      forwardPorts = [
        { sourcePort = 22; destination = "${ipv4.guest 13}:22"; proto = "tcp"; loopbackIPs = [ "192.168.178.2" ]; }
      ];
    };
    firewall = {
      allowedTCPPorts = [ 80 443 2222 ];
      allowedUDPPorts = [ 51413 ];
      interfaces."ve-hass".allowedTCPPorts = [ 1883 ];
      interfaces."ve-nextcloud" = { allowedTCPPorts = [ 3306 6379 ]; };
      extraCommands = ''
        iptables -A nixos-fw -s 192.168.178.0/24 -j nixos-fw-accept
      '';
    };
    networkmanager.unmanaged = [ "interface-name:ve-*" ];
  };

  containers.nextcloud = pair 10 // {
    autoStart = true;
    bindMounts = {
      "/var/lib/nextcloud" = rw "${data}/nextcloud";
      "/var/lib/mysql" = rw "${data}/mysql/nextcloud";
      "/etc/nextcloud-admin" = ro "/root/nextcloud-admin";
    };
    config = { pkgs, lib, ... }: {
      services.nextcloud = { enable = true; package = pkgs.nextcloud31; hostName = "cloud.${domain}"; };
      networking.firewall.allowedTCPPorts = [ 80 ];
      networking.useHostResolvConf = lib.mkForce false;
      services.resolved.enable = true;
      system.stateVersion = "24.11";
    };
  };

  containers.immich = pair 11 // {
    autoStart = true;
    bindMounts."/photos" = rw "${data}/photos";
    bindMounts."/dev/dri" = rw "/dev/dri";
    allowedDevices = [
      { node = "/dev/dri/renderD128"; modifier = "rw"; }
      { node = "/dev/dri/card0"; modifier = "rw"; }
    ];
    config = { services.immich.enable = true; system.stateVersion = "24.11"; };
  };

  containers.calibre = pair 12 // {
    autoStart = true;
    bindMounts.books = { mountPoint = "/books"; hostPath = "/mnt/media/books"; };
    config = { system.stateVersion = "24.11"; };
  };

  containers.forgejo = lib.recursiveUpdate (pair 13) {
    autoStart = true;
    bindMounts."/var/lib/forgejo" = rw "${data}/forgejo";
    config = { services.forgejo.enable = true; system.stateVersion = "24.11"; };
  };

  containers.hass = pair 14 // {
    autoStart = true;
    extraFlags = [ "--capability=CAP_NET_BIND_SERVICE" ];
    additionalCapabilities = [ "CAP_NET_RAW" ];
    macvlans = [ lan ];
    config = { services.home-assistant.enable = true; system.stateVersion = "24.11"; };
  };

  containers.torrent = {
    autoStart = true;
    enableTun = true;
    bindMounts = lib.genAttrs [ "/mnt/media/incoming" "/mnt/media/done" ] rw;
    tmpfs = [ "/tmp" ];
    config = { system.stateVersion = "24.11"; };
  }
  // pair 15;

  containers.kids = {
    privateNetwork = true;
    hostBridge = "br-kids";
    localAddress = "192.168.50.10/24";
    ephemeral = true;
    forwardPorts = lib.concatMap (p: [ { hostPort = p; protocol = "tcp"; } { hostPort = p; protocol = "udp"; } ]) [ 25565 25575 ];
    config = { system.stateVersion = "24.11"; };
  };

  containers.scratch = { ephemeral = true; privateUsers = "pick"; config = { }; };

  systemd.services."container@torrent".after = [ "mnt-media.mount" ];
  services.restic.backups.tank = { paths = map (c: "${data}/${c}") [ "nextcloud" "photos" "forgejo" ]; };

  system.stateVersion = "24.11";
}
