# Attributes as JSON instead of an environment.
let
  make = name: attrs: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; __structuredAttrs = true; } // attrs);
  leaf = derivation { name = "leaf"; system = "x86_64-linux"; builder = "/bin/sh"; outputs = [ "out" "dev" ]; };
in
{
  bare = make "bare" { };
  values = make "values" {
    int = 1;
    float = 1.5;
    whole = 2.0;
    text = "a \"quoted\" text\nof lines";
    yes = true;
    none = null;
    list = [ 1 [ 2 ] { x = [ ]; } ];
    set = { b = 1; a = { "c d" = { }; }; };
  };
  outputs = make "outputs" { outputs = [ "out" "doc" ]; };
  arguments = make "arguments" { args = [ "-e" 1 ]; };
  input = make "input" { dep = leaf; deps = [ leaf.dev ]; nested.dep = "${leaf}/x"; };
  source = make "source" { src = ./files/text; };
  fixed = make "fixed" { outputHash = "sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="; outputHashMode = "recursive"; };
  ignoredNulls = make "ignored-nulls" { __ignoreNulls = true; gone = null; };
  outputChecks = make "output-checks" { outputChecks.out.maxSize = 1000; };
  written = derivation { name = "written"; system = "x86_64-linux"; builder = "/bin/sh"; __json = "{ \"b\": 1.0, \"a\": [ null ] }"; };
}
