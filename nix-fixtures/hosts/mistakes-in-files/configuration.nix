# Mistakes in three files at once: an import with a syntax error does not hide those of the others.
{
  imports = [ ./broken.nix ./typo.nix ./wrong-type.nix ];
  networking.hostName = "files";
  system.stateVersion = "25.05";
}
