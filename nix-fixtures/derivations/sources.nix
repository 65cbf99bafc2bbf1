# Files and folders that are copied to the store.
let
  make = name: attrs: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // attrs);
in
{
  file = make "file" { src = ./files/text; };
  executable = make "executable" { builder = ./files/script; };
  folder = make "folder" { src = ./files/tree; };
  interpolated = make "interpolated" { src = "${./files/tree}/sub/two"; };
  argument = make "argument" { args = [ ./files/script "${./files/text}" ]; };
  text = make "text" { src = builtins.toFile "text" "content"; };
  textOfText = make "text-of-text" { src = builtins.toFile "text" "see ${builtins.toFile "other" "content"} and ${./files/text}"; };
  named = make "named" { src = builtins.path { path = ./files/tree; name = "renamed"; }; };
  filtered = make "filtered" { src = builtins.path { path = ./files/tree; filter = path: type: type != "symlink"; }; };
  filterSource = make "filter-source" {
    src = builtins.filterSource (path: type: type == "directory" || baseNameOf path == "two") ./files/tree;
  };
  flat = make "flat" { src = builtins.path { path = ./files/text; recursive = false; }; };
  nothingLeft = make "nothing-left" { src = builtins.filterSource (path: type: false) ./files/tree; };
  storePath = make "store-path" { src = builtins.appendContext "x" { "/nix/store/mx735vk17fbgvrjr0zk0wqfylg1i1996-a".path = true; }; };
  list = make "list" { srcs = [ ./files/text [ ./files/script ] ]; };
}
