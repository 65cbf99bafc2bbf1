# Packages in strings, lists, paths and conditions: the values that hold them are unknown, lists keep their other elements.
{ pkgs, lib, config, ... }:
let
  hook = pkgs.writeShellScript "hook" ''
    echo started
  '';
  motd = pkgs.writeText "motd" "Welcome to ${config.networking.hostName}";
  tools = with pkgs; [ curl jq ripgrep ];
in
{
  networking.hostName = "anvil";
  environment.systemPackages = tools ++ [ (pkgs.writeShellScriptBin "enter" "exec nixos-container root-login $1") ];

  containers.build = {
    autoStart = true;
    extraFlags = [
      "--bind-ro=${pkgs.cacert}/etc/ssl:/etc/ssl"
      "--private-users-chown"
      "--setenv=SHELL=${lib.getExe pkgs.bash}"
      "--setenv=N=${toString (builtins.length tools)}"
      "--setenv=NAMES=${lib.concatMapStringsSep "," lib.getName tools}"
    ];
    bindMounts = {
      "/motd".hostPath = "${motd}";
      "/hook" = { hostPath = toString hook; isReadOnly = true; };
      "/tools".hostPath = lib.makeBinPath tools;
      "/opt".hostPath = "/opt";
      "${pkgs.hello}/share" = { };
    };
    config = { system.stateVersion = "24.05"; };
  };
  containers.fixed = {
    path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-fixed-24.05";
    extraFlags = lib.optionals pkgs.stdenv.hostPlatform.isLinux [ "--on-linux" ];
  };
  networking.firewall.extraCommands = ''
    ${pkgs.iptables}/bin/iptables -A FORWARD -i ve-build -j ACCEPT
  '';
  networking.nat = {
    enable = true;
    extraCommands = ''
      ${pkgs.iptables}/bin/iptables -t nat -A POSTROUTING -j MASQUERADE
    '';
    extraStopCommands = "true";
  };
  system.stateVersion = "24.05";
}
