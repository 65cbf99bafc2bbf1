# Several outputs, each with a path of its own.
let
  make = attrs: derivation ({ name = "many"; system = "x86_64-linux"; builder = "/bin/sh"; } // attrs);
in
{
  two = make { outputs = [ "out" "dev" ]; };
  devFirst = make { outputs = [ "dev" "out" ]; };
  noOut = make { outputs = [ "bin" "lib" ]; };
  onlyBin = make { outputs = [ "bin" ]; };
  explicit = make { outputs = [ "out" ]; };
  five = make { outputs = [ "out" "bin" "dev" "doc" "man" ]; };
  placeholders = make {
    outputs = [ "out" "lib" ];
    prefix = placeholder "out";
    libdir = "${placeholder "lib"}/lib";
  };
}
