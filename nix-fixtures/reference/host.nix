# Goes into every host that is evaluated: what nixpkgs decides varies, and what nobody declares passes.
{ vary, packages }:
{
  config,
  lib,
  options,
  ...
}:
let
  # Stronger than the defaults of options, weaker than any definition.
  other = value: lib.mkIf (vary false true) (lib.mkOverride 1400 value);
  number = other 61002;
  folder = other "/var/lib/elsewhere";
in
{
  _file = "host.nix";
  key = "host.nix";
  imports = [
    # `dropCapabilities` is an option of every container in our model.
    ../../nix/module.nix
    ../nixpkgs/nixos/modules/misc/freeform.nix
    ../nixpkgs/nixos/modules/services/declared.nix
  ];

  options.fixture.missing = lib.mkOption {
    type = lib.types.bool;
    default = false;
  };
  # Whether a container is built from `config` cannot be told from its value.
  options.containers = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule (
        { config, options, ... }:
        {
          options.fixturePath = lib.mkOption { type = lib.types.raw; };
          # Where a guest's NixOS is; no fixture says it.
          config.nixpkgs = lib.mkOverride 1400 ../nixpkgs;
          config.fixturePath = if options.config.isDefined then vary "/guest/a" "/guest/b" else toString config.path;
        }
      )
    );
  };

  # Keys of accounts come from other modules as well.
  options.users.users = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule { openssh.authorizedKeys.keys = lib.mkIf (vary false true) [ "other" ]; });
  };

  config = {
    _module.args.pkgs = lib.mkForce (
      if options.nixpkgs.pkgs.isDefined then
        config.nixpkgs.pkgs.appendOverlays config.nixpkgs.overlays
      else
        packages config.nixpkgs.hostPlatform.system
    );
    nixpkgs.system = lib.mkOverride 1400 (vary "x86_64-linux" "aarch64-linux");
    system.stateVersion = lib.mkOverride 1400 (vary "26.05" "22.05");

    services = {
      adguardhome.port = number;
      forgejo = { settings.server.HTTP_PORT = number; stateDir = folder; };
      gitea = { settings.server.HTTP_PORT = number; stateDir = folder; };
      grafana = { settings.server = { http_port = number; domain = other "elsewhere"; http_addr = other "::1"; }; dataDir = folder; };
      home-assistant.configDir = folder;
      immich = { port = number; mediaLocation = folder; };
      jellyfin = { dataDir = folder; user = other "other"; };
      lidarr = { settings.server.port = number; dataDir = folder; };
      mysql = { settings.mysqld.port = number; dataDir = folder; };
      navidrome.settings.Port = number;
      nginx.user = other "other";
      openssh.ports = other [ 61002 ];
      paperless = { port = number; dataDir = folder; };
      postgresql = {
        settings.port = number;
        dataDir = folder;
        # Other services of nixpkgs add theirs.
        ensureDatabases = lib.mkIf (vary false true) [ "other" ];
      };
      prowlarr.settings.server.port = number;
      radarr = { settings.server.port = number; dataDir = folder; };
      sonarr = { settings.server.port = number; dataDir = folder; };
      syncthing = { dataDir = folder; guiAddress = other "127.0.0.1:61002"; };
      transmission = { home = folder; settings.rpc-port = number; };
    };
  };
}
