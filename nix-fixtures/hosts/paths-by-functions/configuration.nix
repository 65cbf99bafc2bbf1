# Paths that functions make of names and packages, where what else the function says is known.
{ pkgs, lib, ... }:
let
  system = name: { path = "${pkgs.${name}}/system"; autoStart = true; privateNetwork = true; };
in
{
  containers = lib.genAttrs [ "hello" "git" ] system // {
    plain = system "hello" // { path = "/srv/plain"; };
    forced = system "hello" // { path = lib.mkForce "/srv/forced"; };
  };
  system.stateVersion = "25.11";
}
