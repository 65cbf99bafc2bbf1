# A desktop: graphical sandboxes with sockets and devices of the session, computed from one list of programs and the user's id.
{ config, lib, pkgs, ... }:

let
  user = config.users.users.kim;
  runtime = "/run/user/${toString user.uid}";

  sockets = {
    wayland = "${runtime}/wayland-0";
    pipewire = "${runtime}/pipewire-0";
    bus = "${runtime}/bus";
  };

  sandbox =
    {
      program,
      network ? true,
      gpu ? false,
      sound ? false,
      folders ? [ ],
    }:
    {
      ephemeral = true;
      privateNetwork = !network;
      privateUsers = "identity";
      bindMounts = lib.mkMerge [
        { ${sockets.wayland} = { }; }
        (lib.mkIf sound {
          ${sockets.pipewire}.isReadOnly = false;
          ${sockets.bus}.isReadOnly = true;
        })
        (lib.mkIf gpu { "/dev/dri" = { hostPath = "/dev/dri"; isReadOnly = false; }; })
        (lib.genAttrs (map (f: "${user.home}/${f}") folders) (path: { hostPath = path; isReadOnly = false; }))
      ];
      allowedDevices = lib.optionals gpu (map (n: { node = "/dev/dri/renderD${toString (128 + n)}"; modifier = "rw"; }) [ 0 1 ]);
      extraFlags = [
        "--setenv=WAYLAND_DISPLAY=${baseNameOf sockets.wayland}"
        "--setenv=PROGRAM=${program}"
        "--bind-ro=${pkgs.${program} or pkgs.hello}:/program"
      ];
      config = { };
    };

  programs = [
    { program = "firefox"; gpu = true; sound = true; folders = [ "Downloads" ]; }
    { program = "ffmpeg"; network = false; folders = [ "Videos" "Music" ]; }
    { program = "mosquitto"; }
  ];
in
{
  imports = [ ./hardware-configuration.nix ];

  boot.loader.systemd-boot.enable = true;
  boot.kernelPackages = pkgs.linuxPackages_latest;

  networking.hostName = "desk";
  networking.networkmanager.enable = true;
  networking.firewall = {
    enable = true;
    allowedTCPPorts = [ 22000 ];
    allowedUDPPorts = [ 21027 22000 ];
  };

  users.users.kim = {
    isNormalUser = true;
    uid = 1000;
    home = "/home/kim";
    extraGroups = [ "wheel" "video" "audio" ];
  };

  services.pipewire = { enable = true; pulse.enable = true; };
  services.xserver.enable = false;
  programs.dconf.enable = true;
  virtualisation.docker.enable = false;

  containers = lib.listToAttrs (map (p: lib.nameValuePair "box-${p.program}" (sandbox p)) programs);

  fonts.enableDefaultPackages = true;
  environment.shellAliases = lib.listToAttrs (map (p: lib.nameValuePair p.program "machinectl shell box-${p.program}") programs);
  system.stateVersion = "25.05";
}
