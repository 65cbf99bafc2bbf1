import <nix/nothing-there>
