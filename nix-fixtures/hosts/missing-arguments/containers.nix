# A module of a bigger configuration: `vars`, `domain` and `globals` come from where we cannot see.
{
  config,
  lib,
  vars,
  domain,
  globals ? { },
  ...
}:
let
  address = n: "${vars.network.prefix}.${toString n}";
in
{
  containers.wiki = {
    autoStart = true;
    privateNetwork = true;
    hostBridge = vars.network.bridge;
    localAddress = "${address 20}/24";
    extraFlags = [ "--setenv=DOMAIN=wiki.${domain}" "--quiet" ];
    bindMounts."/data" = {
      hostPath = "${vars.paths.data}/wiki";
      isReadOnly = false;
    };
    bindMounts."/config".hostPath = "/etc/wiki";
    forwardPorts = [
      { hostPort = vars.ports.wiki; containerPort = 80; }
      { hostPort = 8081; containerPort = 81; }
    ];
    config = { system.stateVersion = vars.stateVersion; };
  };

  containers.static = {
    privateNetwork = true;
    hostAddress = "10.0.3.1";
    localAddress = "10.0.3.2";
    config = { };
  };

  services.nginx.virtualHosts."wiki.${domain}".locations."/".proxyPass = "http://${address 20}";
  networking.firewall.allowedTCPPorts = [ vars.ports.wiki 443 ];
  networking.hostName = "elsewhere";
}
