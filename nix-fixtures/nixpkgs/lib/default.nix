# The library. One set; the functions of most topics also stand in it directly, as in nixpkgs.
#
# Everything up to the module system uses builtins alone and no search path, so that any evaluator can take these
# files in.
let
  lib = topics // builtins.foldl' (all: topic: all // topic) { } direct;

  take = file: import file { inherit lib; };
  topics = {
    trivial = take ./trivial.nix;
    fixedPoints = take ./fixed-points.nix;
    attrsets = take ./attrsets.nix;
    lists = take ./lists.nix;
    strings = take ./strings.nix;
    versions = take ./versions.nix;
    asserts = take ./asserts.nix;
    debug = take ./debug.nix;
    generators = take ./generators.nix;
    meta = take ./meta.nix;
    properties = take ./properties.nix;
    options = take ./options.nix;
    types = take ./types.nix;
    modules = take ./modules.nix // topics.properties;
    inherit lib;
  };

  # Where two topics share a name (`hasPrefix`, `replicate`, `removePrefix` …), the later one has it.
  direct = [
    topics.trivial
    topics.fixedPoints
    (builtins.removeAttrs topics.strings [ "replicate" ])
    (builtins.removeAttrs topics.lists [ "hasPrefix" "removePrefix" "commonPrefix" ])
    topics.attrsets
    topics.asserts
    topics.debug
    topics.meta
    topics.options
    topics.modules
    # What `type = with lib.types; …` would otherwise be needed for.
    { inherit (topics.types) isType setType mkOptionType isOptionType; }
    (systems // sources)
  ];

  sources = {
    cleanSourceWith =
      {
        src,
        filter ? _: _: true,
        name ? "source",
      }:
      builtins.path {
        inherit filter name;
        path = src;
      };
    cleanSource =
      src:
      lib.cleanSourceWith {
        inherit src;
        filter = name: type: !(builtins.elem (baseNameOf name) [ ".git" ".svn" ".hg" "CVS" ]) && !(lib.hasSuffix "~" name);
      };
  };

  systems = {
    systems = {
      flakeExposed = [ "x86_64-linux" "aarch64-linux" ];
      elaborate =
        platform:
        let
          system = if builtins.isString platform then platform else platform.system;
        in
        {
          inherit system;
          config = system;
          isLinux = true;
          isDarwin = false;
          isx86_64 = system == "x86_64-linux";
          isAarch64 = system == "aarch64-linux";
        };
    };
  };
in
lib
