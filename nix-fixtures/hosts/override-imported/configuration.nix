# A container from a file is changed afterwards at several depths, and once taken as the pattern of another by `config`.
{ config, lib, ... }:
let
  original = import ./original.nix { inherit lib; };
  patched = lib.recursiveUpdate original { bindMounts."/data".hostPath = "/new"; hostAddress = null; } // { tmpfs = original.tmpfs ++ [ "/more" ]; };
  mapped = patched // { bindMounts = lib.mapAttrs (_: m: m // { isReadOnly = true; }) patched.bindMounts; };
in
{
  networking.hostName = "patched";
  containers = { inherit original patched mapped; copy = { inherit (config.containers.mapped) bindMounts tmpfs privateNetwork; config = { }; }; };
  system.stateVersion = "25.05";
}
