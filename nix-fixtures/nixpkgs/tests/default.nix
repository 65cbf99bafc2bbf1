# Tests of `lib`, of the module system and of the options of containers:
#
#   nix-instantiate --eval --strict nix-fixtures/nixpkgs/tests
#
# gives the number of tests, or throws with all that fail. They build nothing and need no store paths.
let
  lib = import ../lib;

  suites = {
    lib = import ./lib.nix { inherit lib; };
    modules = import ./modules.nix { inherit lib; };
    containers = import ./containers.nix { inherit lib; };
  };

  # A test is { expr, expected }, or { fails } for an expression that must throw. (`tryEval` does not tell the message.)
  outcome =
    test:
    if test ? fails then
      let
        forced = builtins.tryEval (builtins.deepSeq test.fails test.fails);
      in
      if forced.success then "should throw, but is ${show forced.value}" else null
    else if test.expr == test.expected then
      null
    else
      "expected ${show test.expected}, got ${show test.expr}";
  show = lib.generators.toPretty { multiline = false; };

  results = lib.concatLists (
    lib.mapAttrsToList (suite: lib.mapAttrsToList (name: test: { name = "${suite}.${name}"; failure = outcome test; })) suites
  );
  failures = builtins.filter (r: r.failure != null) results;
in
if failures == [ ] then
  builtins.length results
else
  throw "\n${lib.concatMapStringsSep "\n" (r: "${r.name}: ${r.failure}") failures}"
