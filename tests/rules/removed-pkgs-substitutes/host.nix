{ pkgs, lib, ... }: {
  containers.a = { nixpkgs = pkgs.path; config = { }; };
  containers.b.config = { nixpkgs.pkgs = pkgs; };
  containers.c = { config = { config, pkgs, ... }: { environment.systemPackages = [ pkgs.hello ]; }; };
}
