{
  imports = [
    ./services/torrent.nix
    ./services/web.nix
  ];
}
