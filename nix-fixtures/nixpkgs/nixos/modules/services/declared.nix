# Services that hosts configure and that containers take addresses, ports and folders from: NixOS's options and defaults,
# without any effect. Not part of `module-list.nix`; it goes with `misc/freeform.nix`.
{ config, lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
  of =
    type: default: description:
    mkOption { inherit type default description; };
  port = number: of types.port number "The port it listens on.";
  folder = path: of types.path path "Where its state is.";
  address = text: of types.str text "The address it listens on.";
  openFirewall = of types.bool false "Whether the firewall lets its ports through.";
  # A set of settings of which some have a default.
  settings =
    options:
    mkOption {
      type = types.submodule {
        freeformType = types.attrsOf types.anything;
        inherit options;
      };
      default = { };
      description = "Its settings.";
    };
  service = name: options: { enable = mkEnableOption name; } // options;
  arr = name: number: service name {
    inherit openFirewall;
    dataDir = folder "/var/lib/${name}/.config";
    user = of types.str name "Its account.";
    group = of types.str name "Its group.";
    settings = settings { server.port = port number; };
  };
  cfg = config.services;
  opened = name: ports: lib.mkIf (cfg.${name}.enable && cfg.${name}.openFirewall) ports;
in
{
  options.services = {
    adguardhome = service "AdGuard Home" {
      inherit openFirewall;
      host = address "0.0.0.0";
      port = port 3000;
    };
    forgejo = service "Forgejo" {
      stateDir = folder "/var/lib/forgejo";
      user = of types.str "forgejo" "Its account.";
      settings = settings { server.HTTP_PORT = port 3000; server.HTTP_ADDR = address "0.0.0.0"; };
    };
    gitea = service "Gitea" {
      stateDir = folder "/var/lib/gitea";
      settings = settings { server.HTTP_PORT = port 3000; };
    };
    grafana = service "Grafana" {
      dataDir = folder "/var/lib/grafana";
      settings = settings {
        server = {
          http_port = port 3000;
          http_addr = address "127.0.0.1";
          domain = of types.str "localhost" "Its name.";
        };
      };
    };
    home-assistant = service "Home Assistant" {
      inherit openFirewall;
      configDir = folder "/var/lib/hass";
    };
    immich = service "Immich" {
      inherit openFirewall;
      port = port 2283;
      host = address "localhost";
      mediaLocation = folder "/var/lib/immich";
    };
    jellyfin = service "Jellyfin" {
      inherit openFirewall;
      dataDir = folder "/var/lib/jellyfin";
      user = of types.str "jellyfin" "Its account.";
    };
    lidarr = arr "lidarr" 8686;
    mysql = service "MySQL" {
      dataDir = folder "/var/lib/mysql";
      ensureDatabases = of (types.listOf types.str) [ ] "Databases that exist.";
      settings = settings { mysqld.port = port 3306; };
    };
    navidrome = service "Navidrome" {
      inherit openFirewall;
      settings = settings { Port = port 4533; Address = address "127.0.0.1"; };
    };
    paperless = service "Paperless" {
      port = port 28981;
      dataDir = folder "/var/lib/paperless";
      mediaDir = folder "${cfg.paperless.dataDir}/media";
    };
    postgresql = service "PostgreSQL" {
      dataDir = folder "/var/lib/postgresql/17";
      enableTCPIP = of types.bool false "Whether it listens on all addresses.";
      authentication = of types.lines "" "Who may connect.";
      ensureDatabases = of (types.listOf types.str) [ ] "Databases that exist.";
      ensureUsers = of (types.listOf types.attrs) [ ] "Users that exist.";
      settings = settings { port = port 5432; };
    };
    prowlarr = service "Prowlarr" {
      inherit openFirewall;
      settings = settings { server.port = port 9696; };
    };
    radarr = arr "radarr" 7878;
    redis.servers = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            enable = mkEnableOption "this server";
            port = port 0;
            bind = of (types.nullOr types.str) "127.0.0.1" "The address it listens on.";
          };
        }
      );
      default = { };
      description = "Servers by name.";
    };
    samba = service "Samba" { inherit openFirewall; };
    sonarr = arr "sonarr" 8989;
    syncthing = service "Syncthing" {
      dataDir = folder "/var/lib/syncthing";
      guiAddress = address "127.0.0.1:8384";
      openDefaultPorts = of types.bool false "Whether the firewall lets its ports through.";
    };
    transmission = service "Transmission" {
      home = folder "/var/lib/transmission";
      settings = settings { rpc-port = port 9091; };
    };
    vaultwarden = service "Vaultwarden" {
      config = settings { };
    };
  };

  config.networking.firewall = lib.mkMerge [
    { allowedTCPPorts = opened "jellyfin" [ 8096 8920 ]; allowedUDPPorts = opened "jellyfin" [ 1900 7359 ]; }
    { allowedTCPPorts = opened "samba" [ 139 445 ]; allowedUDPPorts = opened "samba" [ 137 138 ]; }
    { allowedTCPPorts = opened "immich" [ cfg.immich.port ]; }
    { allowedTCPPorts = opened "home-assistant" [ 8123 ]; }
    { allowedTCPPorts = opened "navidrome" [ cfg.navidrome.settings.Port ]; }
    { allowedTCPPorts = opened "sonarr" [ cfg.sonarr.settings.server.port ]; }
    {
      allowedTCPPorts = lib.mkIf (cfg.syncthing.enable && cfg.syncthing.openDefaultPorts) [ 22000 ];
      allowedUDPPorts = lib.mkIf (cfg.syncthing.enable && cfg.syncthing.openDefaultPorts) [ 21027 22000 ];
    }
  ];
}
