# What packages say of themselves.
{ lib }:
rec {
  addMetaAttrs = meta: drv: drv // { meta = drv.meta or { } // meta; };
  setName = name: drv: drv // { inherit name; };
  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  hiPrio = setPrio (-10);
  getExe = pkg: getExe' pkg (pkg.meta.mainProgram or (lib.getName pkg));
  getExe' = pkg: program: "${lib.getBin pkg}/bin/${program}";
  getLicenseFromSpdxId = id: { spdxId = id; };
  platformMatch = platform: wanted: platform.system or platform == wanted.system or wanted;
  # The sets of names that packages take their `meta` from.
  licenses = lib.genAttrs [ "mit" "asl20" "bsd2" "bsd3" "gpl2" "gpl2Plus" "gpl3" "gpl3Plus" "lgpl21" "lgpl3" "mpl20" "isc" "unfree" "free" ] (spdxId: { inherit spdxId; });
  maintainers = { };
  teams = { };
  platforms = rec {
    linux = [ "x86_64-linux" "aarch64-linux" ];
    unix = linux;
    all = linux;
  };
}
