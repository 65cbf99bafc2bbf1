# What packages say of themselves.
{ lib }:
let
  inherit (builtins)
    all
    any
    isString
    mapAttrs
    match
    parseDrvName
    typeOf
    ;

  addMetaAttrs =
    new: drv:
    if drv ? overrideAttrs then
      drv.overrideAttrs (old: { meta = old.meta or { } // new; })
    else
      drv // { meta = drv.meta or { } // new; };
  setPrio = priority: addMetaAttrs { inherit priority; };
  mapDerivationAttrset = f: mapAttrs (_: pkg: if lib.isDerivation pkg then f pkg else pkg);
  getExe' =
    x: y:
    assert lib.assertMsg (lib.isDerivation x)
      "lib.meta.getExe': The first argument is of type ${typeOf x}, but it should be a derivation instead.";
    assert lib.assertMsg (isString y)
      "lib.meta.getExe': The second argument is of type ${typeOf y}, but it should be a string instead.";
    assert lib.assertMsg (match "[^/]*" y != null)
      "lib.meta.getExe': The second argument \"${y}\" is a nested path with a \"/\" character, but it should just be the name of the executable instead.";
    "${lib.getBin x}/bin/${y}";

  bySpdxId = lib.mapAttrs' (id: license: lib.nameValuePair (lib.toLower id) license) lib.licensesSpdx;
in
{
  inherit
    addMetaAttrs
    getExe'
    mapDerivationAttrset
    setPrio
    ;

  # The priority of a package that does not say its own.
  defaultPriority = 5;
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };
  setName = name: drv: drv // { inherit name; };
  updateName = updater: drv: drv // { name = updater drv.name; };
  appendToName =
    suffix:
    lib.updateName (
      name:
      let
        parts = parseDrvName name;
      in
      "${parts.name}-${suffix}-${parts.version}"
    );
  lowPrio = setPrio 10;
  lowPrioSet = mapDerivationAttrset lib.lowPrio;
  hiPrio = setPrio (-10);
  hiPrioSet = mapDerivationAttrset lib.hiPrio;

  # A platform may be meant by its name, by a pattern of it, or by a pattern of what its name says.
  platformMatch =
    platform: elem:
    if isString elem then
      platform ? system && elem == platform.system
    else
      lib.matchAttrs (if elem ? parsed then elem else { parsed = elem; }) platform;
  availableOn =
    platform: pkg:
    (!(pkg ? meta.platforms) || any (lib.platformMatch platform) pkg.meta.platforms)
    && all (elem: !(lib.platformMatch platform elem)) (pkg.meta.badPlatforms or [ ]);

  licensesSpdx = lib.mapAttrs' (_: license: lib.nameValuePair license.spdxId license) (
    lib.filterAttrs (_: license: license ? spdxId) lib.licenses
  );
  getLicenseFromSpdxId =
    id:
    lib.getLicenseFromSpdxIdOr id (
      lib.warn "getLicenseFromSpdxId: No license matches the given SPDX ID: ${id}" { shortName = id; }
    );
  getLicenseFromSpdxIdOr = id: default: bySpdxId.${lib.toLower id} or default;

  getExe =
    x:
    getExe' x (
      x.meta.mainProgram or (lib.warn
        "getExe: Package ${
          lib.strings.escapeNixIdentifier x.meta.name or x.pname or x.name
        } does not have the meta.mainProgram attribute. We'll assume that the main program has the same name for now, but this behavior is deprecated, because it leads to surprising errors when the assumption does not hold. If the package has a main program, please set `meta.mainProgram` in its definition to make this warning go away. Otherwise, if the package does not have a main program, or if you don't control its definition, use getExe' to specify the name to the program, such as lib.getExe' foo \"bar\"."
        (lib.getName x)
      )
    );

  # Names of products in vulnerability lists.
  cpeFullVersionWithVendor = vendor: version: {
    inherit vendor version;
    update = "*";
  };
  tryCPEPatchVersionInUpdateWithVendor =
    vendor: version:
    let
      parts = match "([0-9]+\\.[0-9]+)\\.([0-9]+)" version;
    in
    if parts == null then
      {
        success = false;
        error = "could not split version ${version} into major, minor and patch";
      }
    else
      {
        success = true;
        value = {
          inherit vendor;
          version = builtins.head parts;
          update = builtins.elemAt parts 1;
        };
      };
  cpePatchVersionInUpdateWithVendor =
    vendor: version:
    let
      result = lib.tryCPEPatchVersionInUpdateWithVendor vendor version;
    in
    if result.success then result.value else throw result.error;
}
