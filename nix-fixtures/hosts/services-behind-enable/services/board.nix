{ config, lib, ... }:
let
  cfg = config.homelab.services.board;
in
{
  options.homelab.services.board = {
    enable = lib.mkEnableOption "board";
    expose = lib.mkOption { type = lib.types.bool; default = true; };
  };
  config = lib.mkIf cfg.enable (lib.mkMerge [
    { containers.board = { autoStart = true; config = { }; }; }
    (lib.mkIf cfg.expose { containers.board.forwardPorts = [ { hostPort = 7000; } ]; containers.board.privateNetwork = true; })
    (lib.mkIf (!cfg.expose) { containers.board.privateNetwork = lib.mkDefault false; })
  ]);
}
