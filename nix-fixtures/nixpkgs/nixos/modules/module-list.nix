# The modules that make a system, host and guest alike.
[
  ./accounts/users.nix
  ./misc/accepted.nix
  ./misc/assertions.nix
  ./misc/nixpkgs.nix
  ./misc/version.nix
  ./networking/firewall.nix
  ./networking/nat.nix
  ./networking/network.nix
  ./services/sshd.nix
  ./services/web.nix
  ./system/environment.nix
  ./system/systemd.nix
  ./system/toplevel.nix
  ./virtualisation/containers.nix
]
