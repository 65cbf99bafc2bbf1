# Copies of single files: imported as text and as modules, hashed, and asked for their kind.
{ lib, ... }: { imports = [ (import "${./hosts/c.nix}") (builtins.scopedImport { } "${./hosts/c.nix}") "${./hosts/c.nix}" ]; containers.k = { config = { }; extraFlags = [ (builtins.hashFile "sha256" "${./data/y.json}") (builtins.readFileType "${./data}/y.json") ]; }; }
