[ (import ./files/three.nix) (import ./files/folder) (import ./files/function.nix { a = 1; }) ]
