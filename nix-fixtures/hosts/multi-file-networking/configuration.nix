# Host networking spread over six files which all define parts of `networking.nat` and `networking.firewall`.
{
  imports = [
    ./net/nat.nix
    ./net/firewall.nix
    ./net/wireguard.nix
    ./net/bridges.nix
    ./guests/web.nix
    ./guests/mail.nix
  ];
  networking.hostName = "spread";
  system.stateVersion = "24.11";
}
