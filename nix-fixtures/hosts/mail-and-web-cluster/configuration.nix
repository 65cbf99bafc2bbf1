# Two tiers of guests from two tables; the web tier's forwards become NAT rules, the mail tier's become container forwards.
{ config, lib, ... }:
let
  tiers = import ./tiers.nix;
  webAddress = i: "10.35.1.${toString (10 + i)}";
  mailAddress = i: "10.35.2.${toString (10 + i)}";
  number = lib.imap0 (i: g: g // { inherit i; });
  web = number tiers.web;
  mail = number tiers.mail;
in
{
  imports = [ ./defaults.nix ];
  networking.hostName = "tiers";
  containers = lib.mkMerge [
    (lib.listToAttrs (map (g: lib.nameValuePair g.name { privateNetwork = true; hostAddress = "10.35.1.1"; localAddress = webAddress g.i; config = { }; }) web))
    (lib.listToAttrs (map (g: lib.nameValuePair g.name {
      privateNetwork = true;
      hostBridge = "br-mail";
      localAddress = "${mailAddress g.i}/24";
      forwardPorts = map (p: { hostPort = p; containerPort = p + (if p < 100 then 2000 else 0); }) g.ports;
      config = { };
    }) mail))
    { relay.additionalCapabilities = [ "CAP_NET_BIND_SERVICE" ]; }
  ];
  networking.nat.forwardPorts = lib.concatMap (g: map (p: { sourcePort = p; destination = "${webAddress g.i}:${toString p}"; }) g.ports) web;
  networking.nat.enable = true;
  networking.nat.externalInterface = "wan0";
  networking.firewall.allowedTCPPorts = lib.concatMap (g: g.ports) (tiers.web ++ tiers.mail);
  system.stateVersion = "25.05";
}
