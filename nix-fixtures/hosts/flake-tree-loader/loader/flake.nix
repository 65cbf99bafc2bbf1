{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { nixpkgs, ... }: {
    lib.load =
      { src, inputs }:
      let
        inherit (nixpkgs) lib;
        go = dir: lib.mapAttrs' (
          name: kind:
          if kind == "directory" then lib.nameValuePair name (go (dir + "/${name}"))
          else lib.nameValuePair (lib.removeSuffix ".nix" name) (let f = import (dir + "/${name}"); in if builtins.isFunction f && builtins.functionArgs f ? lib && !(builtins.functionArgs f ? config) then f inputs else f)
        ) (builtins.readDir dir);
      in
      go src;
  };
}
