{ pkgs, lib, ... }: {
  containers.a = { pkgs = lib.mkIf true pkgs; config = { }; };
  containers.b = lib.mkMerge [ { config = { }; } { inherit pkgs; } ];
  containers.c = { imports = [ { pkgs = import <nixpkgs> { }; } ]; config = { }; };
}
