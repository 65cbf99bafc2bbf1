# The two store paths that guests are made of. Whoever installs this tree (the lab) puts them into the store and
# writes their names to `store-paths.json`: { "debianGuest": "/nix/store/…", "busybox": "/nix/store/…" }.
let
  file = ./store-paths.json;
  paths =
    if builtins.pathExists file then
      builtins.fromJSON (builtins.readFile file)
    else
      throw "${toString file} is missing: no guest system can be built (see nix-fixtures/README.md)";
  # Either way the result depends on the path. Pure evaluation knows the second way alone.
  inStore =
    path:
    if builtins ? currentSystem then builtins.storePath path else builtins.appendContext path { ${path}.path = true; };
in
{
  # A Debian tree: `packages` beside this file lists what is in it.
  debianGuest = inStore paths.debianGuest;
  # A static `bin/busybox`, for builds and for the first instructions in an empty root.
  busybox = inStore paths.busybox;
}
