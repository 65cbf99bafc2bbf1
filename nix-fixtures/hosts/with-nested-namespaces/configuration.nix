# `with` upon `with`: names of `builtins`, of `lib` and of sets of one's own, innermost first; shadowed by `let` and by arguments.
{ config, lib, pkgs, ... }:
with builtins;
with lib;
with import ./vars.nix;
let
  concatStringsSep = sep: list: "own";
  name = "let";
in
with { name = "never"; gateway = "10.4.4.4"; };
{
  networking.hostName = name;
  containers.w = with lib.lists; with lib.strings; {
    hostAddress = gateway;
    localAddress = address;
    extraFlags = [ (concatStringsSep "," [ "a" ]) (hashString "md5" "x") (toUpper "up") (typeOf (head [ 1 ])) (fromJSON ''{"a":"json"}'').a ] ++ optionals (length [ 1 ] == 1) [ (removePrefix "a" "ab") ];
    bindMounts = with types; genAttrs mounts (p: { hostPath = p; isReadOnly = hasPrefix "/ro" p; });
    config = with pkgs; { environment.systemPackages = [ hello ]; };
  };
  system.stateVersion = trim (readFile ./version);
}
