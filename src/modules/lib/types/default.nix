# Types of options: which values they take, and what several definitions become.
#
# A type is a set made by `mkOptionType`. Its `functor` says how it was made, so that two declarations of an option
# can be joined: `a.typeMerge b.functor` is the type of both, or null where they do not go together.
{ lib }:
let
  making = import ./making.nix { inherit lib; };
  part = file: import file { inherit lib making; };
  types =
    part ./plain.nix
    // part ./text.nix
    // part ./containers.nix
    // part ./choices.nix
    // part ./modules.nix;
in
making // types // { inherit (lib) types; }
