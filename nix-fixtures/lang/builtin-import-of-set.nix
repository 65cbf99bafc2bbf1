import { outPath = ./files/set.nix; }
