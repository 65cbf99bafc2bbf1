# Input-addressed derivations: what attributes become in the environment.
let
  make = attrs: derivation ({ name = "plain"; system = "x86_64-linux"; builder = "/bin/sh"; } // attrs);
in
{
  bare = make { };
  otherName = make { name = "a+b-1.2_x.y=z?w"; };
  otherSystem = make { system = "aarch64-linux"; };
  arguments = make { args = [ "-c" "echo $out" 1 null true [ "x" "y" ] ./files/text ]; };
  emptyArguments = make { args = [ ]; };
  strings = make { a = ""; b = "two\nlines\ttab \"quote\" back\\slash \${x}"; "with-dash" = "1"; _x = "é"; };
  numbers = make { a = 1; b = -2; c = 1.5; d = 100000000000; };
  booleans = make { yes = true; no = false; };
  null = make { nothing = null; };
  lists = make { flat = [ "a" "b" ]; nested = [ "a" [ "b" [ ] [ "c" 1 ] ] true ]; empty = [ ]; };
  toString = make { value = { __toString = self: "made of ${self.x}"; x = "x"; }; };
  outPathSet = make { value = { outPath = "/nix/store/none"; }; };
  environmentNames = make { PATH = "/bin"; buildPhase = "true"; outputHashAlgo = ""; };
  ignoredNulls = make { __ignoreNulls = true; gone = null; kept = 1; };
  notIgnoredNulls = make { __ignoreNulls = false; kept = null; };
  notStructured = make { __structuredAttrs = false; };
  notAddressed = make { __contentAddressed = false; __impure = false; };
  passAsFile = make { passAsFile = [ "long" ]; long = "a long text"; };
  preferLocal = make { preferLocalBuild = true; allowSubstitutes = false; requiredSystemFeatures = [ "kvm" ]; };
  references = make { allowedReferences = [ "out" ]; disallowedRequisites = [ ]; exportReferencesGraph = [ "x" "y" ]; };
}
