# Everything is written in one block of text and taken apart with `split`, `match`, `splitString` and `replaceStrings`.
{ lib, ... }:
let
  table = ''
    # name  address        ports       flags
    proxy   10.15.0.10/24  80,443      start,tun
    mumble  10.15.0.11/24  64738/udp   start
    lab     10.15.0.12/24  -           -
  '';
  lines = builtins.filter (l: l != "" && !lib.hasPrefix "#" l) (map lib.trim (lib.splitString "\n" table));
  columns = line: builtins.filter (x: builtins.isString x && x != "") (builtins.split " +" line);
  parse =
    line:
    let
      c = columns line;
    in
    {
      name = builtins.elemAt c 0;
      address = builtins.elemAt c 1;
      ports = lib.filter (p: p != "-") (lib.splitString "," (builtins.elemAt c 2));
      flags = lib.filter (p: p != "-") (lib.splitString "," (builtins.elemAt c 3));
    };
  port =
    text:
    let
      m = builtins.match "([0-9]+)(/(tcp|udp))?" text;
      proto = builtins.elemAt m 2;
    in
    {
      hostPort = lib.toInt (builtins.head m);
      protocol = if proto == null then "tcp" else proto;
    };
  rows = map parse lines;
  gateway = row: lib.concatStringsSep "." (lib.init (lib.splitString "." row.address) ++ [ "1" ]);
in
{
  networking.hostName = lib.toLower (builtins.replaceStrings [ " " "_" ] [ "-" "" ] "Text _Host");
  networking.firewall.allowedTCPPorts = map (p: p.hostPort) (lib.filter (p: p.protocol == "tcp") (lib.concatMap (r: map port r.ports) rows));
  networking.firewall.allowedUDPPorts = map (p: p.hostPort) (lib.filter (p: p.protocol == "udp") (lib.concatMap (r: map port r.ports) rows));
  containers = lib.listToAttrs (
    map (
      row:
      lib.nameValuePair row.name {
        autoStart = lib.elem "start" row.flags;
        enableTun = lib.elem "tun" row.flags;
        privateNetwork = true;
        hostBridge = "br-${lib.substring 0 5 row.name}";
        localAddress = row.address;
        hostAddress = gateway row;
        forwardPorts = map port row.ports;
        extraFlags = [ "--machine-name-hint=${lib.strings.toSentenceCase row.name}" ];
        config = { };
      }
    ) rows
  );
  system.stateVersion = "25.05";
}
