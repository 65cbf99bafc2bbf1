# `services.httpd` and `services.nginx`. In the guests of this tree both are nginx, each with its own unit, user and
# folder of logs; what a site is made of is the small part of the options that both have.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services;

  maybe =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
  bool =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };
  named =
    name: default: description:
    mkOption {
      type = types.str;
      default = if default == null then name else default;
      inherit description;
    };

  location.options = {
    proxyPass = maybe types.str "The server that answers.";
    proxyWebsockets = bool false "Whether web sockets are passed on as well.";
    root = maybe types.path "The folder that is served, the path of the location below it.";
    alias = maybe types.path "The folder that is served in place of the location.";
    index = maybe types.str "The file that stands for a folder.";
    tryFiles = maybe types.str "Files to try.";
    return = maybe (types.oneOf [ types.str types.int ]) "The answer: a status, a status and a text, or an address.";
    extraConfig = text "Further lines.";
  };
  listen.options = {
    addr = named "" "0.0.0.0" "The address.";
    ip = named "" "*" "The address, as httpd calls it.";
    port = maybe types.port "The port.";
    ssl = bool false "Accepted without effect.";
  };
  site =
    root:
    { name, ... }:
    {
      options = {
        ${root} = maybe types.path "The folder that is served.";
        hostName = named name null "The name of the site.";
        serverName = maybe types.str "The name of the site, as nginx calls it.";
        serverAliases = mkOption {
          type = types.listOf types.str;
          default = [ ];
          description = "Other names of the site.";
        };
        default = bool false "Whether this site answers to all other names.";
        listen = mkOption {
          type = types.listOf (types.submodule listen);
          default = [ ];
          description = "Where it listens.";
        };
        locations = mkOption {
          type = types.attrsOf (types.submodule location);
          default = { };
          description = "Parts of the site.";
        };
        extraConfig = text "Further lines.";
        adminAddr = maybe types.str "Whom to write to about the site.";
        enableACME = bool false "Accepted without effect.";
        forceSSL = bool false "Accepted without effect.";
        addSSL = bool false "Accepted without effect.";
      };
    };

  # ---- as nginx's configuration ----

  locationText = path: l: ''
    location ${path} {
      ${lib.concatStrings (
        lib.mapAttrsToList (name: v: lib.optionalString (v != null) "${name} ${toString v};\n") {
          inherit (l) alias index return root;
          proxy_pass = l.proxyPass;
          try_files = l.tryFiles;
        }
      )}${lib.optionalString (l.proxyPass != null) "proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"}${l.extraConfig}
    }
  '';
  siteText =
    {
      root,
      names,
      isDefault,
      listen,
      locations,
      extraConfig,
    }:
    let
      suffix = lib.optionalString isDefault " default_server";
      port = l: toString (if l.port == null then 80 else l.port);
      address = l: if l.ip != "*" then l.ip else l.addr;
      lines = if listen == [ ] then [ "80" "[::]:80" ] else map (l: "${address l}:${port l}") listen;
    in
    ''
      server {
        ${lib.concatMapStrings (line: "listen ${line}${suffix};\n") lines}server_name ${toString names};
        ${lib.optionalString (root != null) "root ${toString root};\n"}index index.html;
        ${lib.concatStrings (lib.mapAttrsToList locationText locations)}
        ${extraConfig}
      }
    '';
  configText =
    { name, user, group, logDir, sites, extraConfig ? "", appendConfig ? "" }:
    ''
      user ${user} ${group};
      worker_processes 1;
      pid /run/${name}.pid;
      error_log ${logDir}/error_log;
      events { worker_connections 256; }
      ${appendConfig}
      http {
        include /etc/nginx/mime.types;
        default_type text/plain;
        access_log ${logDir}/access_log;
        ${lib.concatMapStrings (kind: "${kind}_temp_path /var/cache/${name}/${kind};\n") [ "client_body" "proxy" "fastcgi" "uwsgi" "scgi" ]}
        ${lib.concatMapStrings siteText sites}
        ${extraConfig}
      }
    '';
  # What is served where nothing else is said: it shows which system and which configuration answers.
  welcome =
    words:
    pkgs.writeTextDir "index.html" "<html><body><h1>It works!</h1> ${lib.escapeXML (toString words)}</body></html>\n";
  sitesOf =
    root: hosts: fallback:
    let
      list = lib.mapAttrsToList (_: s: s) hosts;
      some = builtins.any (s: s.default) list;
    in
    if list == [ ] then
      [
        {
          root = fallback;
          names = [ "_" ];
          isDefault = true;
          listen = [ ];
          locations = { };
          extraConfig = "";
        }
      ]
    else
      lib.imap0 (i: s: {
        root = if s.${root} != null then s.${root} else if s.locations == { } then fallback else null;
        names = [ (if s.serverName != null then s.serverName else s.hostName) ] ++ s.serverAliases;
        isDefault = s.default || (!some && i == 0);
        inherit (s) listen locations extraConfig;
      }) list;

  unit = name: file: logDir: {
    description = "Web server (${name})";
    wantedBy = [ "multi-user.target" ];
    after = [ "systemd-tmpfiles-setup.service" ];
    restartTriggers = [ file ];
    serviceConfig = {
      # nginx goes to the background when it listens: a guest that reports ready does answer.
      Type = "forking";
      PIDFile = "/run/${name}.pid";
      ExecStart = "/usr/sbin/nginx -e ${logDir}/error_log -c ${file}";
      ExecReload = "/bin/kill -HUP $MAINPID";
      KillSignal = "SIGQUIT";
      KillMode = "mixed";
      TimeoutStopSec = 5;
      CacheDirectory = name;
      Restart = "on-failure";
    };
  };
  account = user: group: uid: {
    users.users.${user} = {
      isSystemUser = true;
      inherit group uid;
    };
    users.groups.${group}.gid = lib.mkIf (user == group) uid;
  };
in
{
  options.services.httpd = {
    enable = lib.mkEnableOption "the web server";
    adminAddr = maybe types.str "Whom to write to about the server.";
    user = named "" "wwwrun" "The account of the server.";
    group = named "" "wwwrun" "The group of the server.";
    logDir = mkOption {
      type = types.path;
      default = "/var/log/httpd";
      description = "The folder of its logs.";
    };
    documentRoot = maybe types.path "The folder that is served where no site says another one.";
    virtualHosts = mkOption {
      type = types.attrsOf (types.submodule (site "documentRoot"));
      default = { };
      description = "Sites by name.";
    };
    extraConfig = text "Further lines of nginx's configuration.";
    extraModules = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "Accepted without effect.";
    };
    enablePHP = bool false "Accepted without effect.";
  };

  options.services.nginx = {
    enable = lib.mkEnableOption "nginx";
    package = lib.mkPackageOption pkgs "nginx" { };
    user = named "" "nginx" "The account of the server.";
    group = named "" "nginx" "The group of the server.";
    virtualHosts = mkOption {
      type = types.attrsOf (types.submodule (site "root"));
      default = { };
      description = "Sites by name.";
    };
    appendConfig = text "Further lines outside of `http`.";
    appendHttpConfig = text "Further lines in `http`.";
    commonHttpConfig = text "Lines in `http`.";
    recommendedGzipSettings = bool false "Accepted without effect.";
    recommendedOptimisation = bool false "Accepted without effect.";
    recommendedProxySettings = bool false "Accepted without effect.";
    recommendedTlsSettings = bool false "Accepted without effect.";
  };

  config = lib.mkMerge [
    (lib.mkIf cfg.httpd.enable (
      lib.mkMerge [
        {
          systemd.services.httpd = unit "httpd" (pkgs.writeText "httpd.conf" (configText {
            name = "httpd";
            inherit (cfg.httpd) user group logDir extraConfig;
            sites = sitesOf "documentRoot" cfg.httpd.virtualHosts (
              if cfg.httpd.documentRoot != null then
                cfg.httpd.documentRoot
              else
                welcome ([ config.networking.hostName ] ++ lib.optional (cfg.httpd.adminAddr != null) cfg.httpd.adminAddr)
            );
          })) cfg.httpd.logDir;
          systemd.tmpfiles.rules = [ "d '${cfg.httpd.logDir}' 0700 ${cfg.httpd.user} ${cfg.httpd.group}" ];
        }
        # The number that NixOS gives this account.
        (lib.mkIf (cfg.httpd.user == "wwwrun") (account "wwwrun" cfg.httpd.group 54))
      ]
    ))
    (lib.mkIf cfg.nginx.enable (
      lib.mkMerge [
        {
          systemd.services.nginx = unit "nginx" (pkgs.writeText "nginx.conf" (configText {
            name = "nginx";
            logDir = "/var/log/nginx";
            inherit (cfg.nginx) user group appendConfig;
            extraConfig = cfg.nginx.commonHttpConfig + cfg.nginx.appendHttpConfig;
            sites = sitesOf "root" cfg.nginx.virtualHosts (welcome [ config.networking.hostName ]);
          })) "/var/log/nginx";
          systemd.tmpfiles.rules = [ "d /var/log/nginx 0750 ${cfg.nginx.user} ${cfg.nginx.group}" ];
        }
        (lib.mkIf (cfg.nginx.user == "nginx") (account "nginx" cfg.nginx.group 60))
      ]
    ))
  ];
}
