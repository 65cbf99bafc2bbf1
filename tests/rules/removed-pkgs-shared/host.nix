{ pkgs, lib, ... }: let base = { config = { }; pkgs = pkgs; }; in {
  containers = lib.genAttrs [ "x" "y" ] (_: base);
}
