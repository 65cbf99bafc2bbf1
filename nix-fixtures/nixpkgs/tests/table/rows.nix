# All rows, by name; the topics whose names must all have one; and the names that have none, with the reason.
{ lib, manual, known, throws }:
let
  take =
    file:
    import file {
      inherit lib manual known throws;
    };
in
{
  rows = builtins.foldl' (all: file: all // take file) { } [
    ./trivial.nix
    ./lists.nix
    ./attrsets.nix
    ./strings.nix
    ./text.nix
    ./files.nix
    ./packages.nix
    ./options.nix
    ./modules.nix
    ./types.nix
  ];
  topics = [
    "trivial"
    "fixedPoints"
    "versions"
    "asserts"
    "debug"
    "lists"
    "attrsets"
    "strings"
    "stringsWithDeps"
    "generators"
    "gvariant"
    "cli"
    "network"
    "path"
    "filesystem"
    "sources"
    "fileset"
    "customisation"
    "derivations"
    "fetchers"
    "meta"
    "systems"
    "misc"
    "options"
    "properties"
    "moved"
    "modules"
    "types"
  ];
  without =
    let
      release = "what it gives depends on the release of nixpkgs";
      store = "it gives or takes store paths; the derivation tests have it";
      git = "it fetches from a git tree";
    in
    {
      "trivial.codeName" = release;
      "trivial.isInOldestRelease" = release;
      "trivial.nixpkgsVersion" = release;
      "trivial.oldestSupportedRelease" = release;
      "trivial.oldestSupportedReleaseIsAtLeast" = release;
      "trivial.release" = release;
      "trivial.revisionWithDefault" = release;
      "trivial.version" = release;
      "trivial.versionSuffix" = release;
      "attrsets.toDerivation" = store;
      "fileset.gitTracked" = git;
      "fileset.gitTrackedWith" = git;
      maintainers = "nixpkgs' own affair";
      teams = "nixpkgs' own affair";
      parseFlakeRef = "Nix's builtins, which need the experimental feature `flakes`";
      flakeRefToString = "Nix's builtins, which need the experimental feature `flakes`";
      flakes = "Nix's builtins, which need the experimental feature `flakes`";
      extend = "the table of makeExtensible has it";
      __unfix__ = "no name for users";
    }
    // lib.mapAttrs' (name: _: lib.nameValuePair "modules.${name}" "the same as in properties or moved") (
      lib.properties // lib.moved
    )
    // builtins.listToAttrs (
      map
        (name: {
          name = "types.${name}";
          value = "a part of the descriptions of types";
        })
        [
          "isNoun"
          "isNounOrComposite"
          "isNounOrConjunction"
          "isAnyPhrase"
          "fromElement"
        ]
    );
}
