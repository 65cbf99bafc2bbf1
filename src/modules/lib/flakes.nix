# References to flakes as sets and as text.
{ lib }:
{
  inherit (builtins) parseFlakeRef flakeRefToString;
}
