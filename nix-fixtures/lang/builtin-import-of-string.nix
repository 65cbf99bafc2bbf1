import "/nix-lang-not-there.nix"
