{
  imports = [
    ./database.nix
    ./front.nix
    ./backup
  ];
  networking.firewall.allowPing = false;
}
