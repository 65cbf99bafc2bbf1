# Derivations made of others: their hashes go into those of what uses them.
let
  make = name: attrs: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // attrs);
  leaf = make "leaf" { };
  many = make "many" { outputs = [ "out" "dev" "lib" ]; };
  fetched = make "fetched" { outputHash = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"; outputHashAlgo = "sha256"; };
  fetchedOtherwise = make "fetched" {
    outputHash = "sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=";
    mirror = true;
  };
in
{
  one = make "one" { input = leaf; };
  twice = make "twice" { a = leaf; b = "${leaf}/bin:${leaf}/sbin"; };
  asBuilder = make "as-builder" { builder = "${leaf}/bin/sh"; args = [ leaf ]; };
  dev = make "dev" { input = many.dev; };
  devAndLib = make "dev-and-lib" { inputs = [ many.dev many.lib ]; };
  all = make "all" { inputs = many.all; };
  chain = make "chain" { input = make "middle" { input = make "inner" { input = leaf; }; }; };
  diamond = make "diamond" {
    left = make "left" { input = leaf; };
    right = make "right" { input = leaf; };
  };
  usesFetched = make "uses-fetched" { input = fetched; };
  usesFetchedOtherwise = make "uses-fetched" { input = fetchedOtherwise; };
  fetchedWithInputs = make "fetched-with-inputs" {
    input = leaf;
    outputHash = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    outputHashAlgo = "sha256";
    outputHashMode = "recursive";
  };
  sameHash = make "same-hash" { a = make "in" { input = fetched; }; b = make "in" { input = fetchedOtherwise; }; };
  shallow = make "shallow" { drv = builtins.unsafeDiscardOutputDependency leaf.drvPath; };
  discarded = make "discarded" { path = builtins.unsafeDiscardStringContext "${leaf}"; };
  appended = make "appended" {
    path = builtins.appendContext "x" { ${builtins.unsafeDiscardStringContext many.drvPath}.outputs = [ "lib" ]; };
  };
  split = make "split" { part = builtins.substring 0 5 "${leaf}"; };
  json = make "json" { text = builtins.toJSON { inherit leaf; dev = many.dev; }; };
  xml = make "xml" { text = builtins.toXML [ "${leaf}" ]; };
}
