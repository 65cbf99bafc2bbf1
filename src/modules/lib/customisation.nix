# Changing what functions that make packages give.
{ lib }:
let
  inherit (builtins)
    attrNames
    filter
    functionArgs
    head
    intersectAttrs
    isAttrs
    isFunction
    length
    mapAttrs
    removeAttrs
    seq
    ;

  # `f` with its arguments kept beside what it gives.
  makeOverridable =
    f:
    let
      mirror = lib.mirrorFunctionArgs f;
    in
    mirror (
      args:
      let
        result = f args;
        changed = new: args // (if lib.isFunction new then new args else new);
        override = mirror (new: makeOverridable f (changed new));
        overrideResult = g: makeOverridable (mirror (args: g (f args))) args;
      in
      if isAttrs result then
        result
        // {
          inherit override;
          overrideDerivation = change: overrideResult (x: lib.overrideDerivation x change);
        }
        // lib.optionalAttrs (result ? overrideAttrs) {
          overrideAttrs = change: overrideResult (x: x.overrideAttrs change);
        }
      else if lib.isFunction result then
        lib.setFunctionArgs result (lib.functionArgs result) // { inherit override; }
      else
        result
    );

  functionOf = fn: if lib.isFunction fn then fn else import fn;

  # What a missing argument is called, and names that it may have been meant to be.
  missingArgument =
    fn: autoArgs: args: name:
    let
      near = lib.take 3 (
        lib.sortOn (lib.strings.levenshtein name) (
          filter (lib.strings.levenshteinAtMost 2 name) (attrNames (autoArgs // args))
        )
      );
      quoted = map (x: "\"${x}\"") near;
      hint =
        if quoted == [ ] then
          ""
        else if length quoted == 1 then
          ", did you mean ${head quoted}?"
        else
          ", did you mean ${lib.concatStringsSep ", " (lib.init quoted)} or ${lib.last quoted}?";
      pos = builtins.unsafeGetAttrPos name (lib.functionArgs fn);
      where = if pos == null then "<unknown location>" else "${pos.file}:${toString pos.line}";
    in
    "Function called without required argument \"${name}\" at ${where}${hint}";
in
{
  inherit makeOverridable;

  overrideDerivation =
    drv: f:
    let
      new = derivation (drv.drvAttrs // f drv);
    in
    lib.extendDerivation (seq drv.drvPath true) (
      {
        meta = drv.meta or { };
        passthru = drv.passthru or { };
      }
      // drv.passthru or { }
    ) new;

  callPackageWith =
    autoArgs: fn: args:
    let
      f = functionOf fn;
      wanted = lib.functionArgs f;
      all = intersectAttrs wanted autoArgs // args;
      missing = attrNames (lib.filterAttrs (_: optional: !optional) (removeAttrs wanted (attrNames all)));
    in
    if missing == [ ] then
      makeOverridable f all
    else
      abort "lib.customisation.callPackageWith: ${missingArgument f autoArgs args (head missing)}";
  callPackagesWith =
    autoArgs: fn: args:
    let
      f = functionOf fn;
      all = intersectAttrs (lib.functionArgs f) autoArgs // args;
      pkgs = f all;
      mirror = lib.mirrorFunctionArgs f;
    in
    if lib.isDerivation pkgs then
      throw "function `callPackages` was called on a *single* derivation \"${pkgs.name or "<unknown-name>"}\"; did you mean to use `callPackage` instead?"
    else
      mapAttrs (name: _: makeOverridable (mirror (args: (f args).${name})) all) pkgs;

  # A derivation with more attributes, all of whose outputs have them.
  extendDerivation =
    condition: passthru: drv:
    let
      outputs = drv.outputs or [ "out" ];
      output =
        name:
        let
          original = drv.${name};
        in
        drv
        // values
        // { all = map (name: values.${name}) outputs; }
        // passthru
        // {
          inherit (original) type outputName;
          outputSpecified = true;
          drvPath =
            assert condition;
            original.drvPath;
          outPath =
            assert condition;
            original.outPath;
        };
      values = lib.genAttrs outputs output;
    in
    drv
    // values
    // { all = map (name: values.${name}) outputs; }
    // passthru
    // {
      drvPath =
        assert condition;
        drv.drvPath;
      outPath =
        assert condition;
        drv.outPath;
    };

  # Only what a build farm needs, already evaluated.
  hydraJob =
    drv:
    let
      outputs = drv.outputs or [ "out" ];
      common = {
        inherit (drv) name system meta;
        inherit outputs;
      }
      // lib.optionalAttrs (drv._hydraAggregate or false) {
        _hydraAggregate = true;
        constituents = map lib.hydraJob (lib.flatten drv.constituents);
      }
      // lib.genAttrs outputs output;
      output =
        name:
        common
        // {
          outPath = drv.${name}.outPath;
          drvPath = drv.${name}.drvPath;
          type = "derivation";
          outputName = name;
        };
    in
    if drv == null then null else lib.deepSeq (removeAttrs common outputs) (output (head outputs));

  # Sets of packages that take each other as arguments.
  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = self.newScope { };
        overrideScope = overlay: lib.makeScope newScope (lib.extends overlay f);
        packages = f;
      };
    in
    self;
  makeScopeWithSplicing =
    splicePackages: newScope: otherSplices: keep: extra: f:
    lib.makeScopeWithSplicing' { inherit splicePackages newScope; } { inherit otherSplices keep extra f; };
  makeScopeWithSplicing' =
    { splicePackages, newScope }:
    {
      otherSplices,
      keep ? _: { },
      extra ? _: { },
      f,
    }:
    let
      self = f self // {
        newScope = scope: newScope (spliced // scope);
        callPackage = newScope spliced;
        overrideScope =
          overlay:
          lib.makeScopeWithSplicing' { inherit splicePackages newScope; } {
            inherit keep extra;
            otherSplices = mapAttrs (_: value: if value == { } then { } else value.overrideScope overlay) otherSplices;
            f = lib.extends overlay f;
          };
        packages = f;
      };
      spliced =
        extra combined
        // combined
        // keep self;
      combined = splicePackages (
        mapAttrs (_: value: value) (
          removeAttrs otherSplices [ "selfTargetTarget" ]
          // {
            pkgsHostTarget = self;
            pkgsTargetTarget = otherSplices.selfTargetTarget or otherSplices.pkgsTargetTarget or { };
          }
        )
      );
    in
    self;

  # A function like `mkDerivation` on top of another one, whose arguments may refer to the final ones.
  extendMkDerivation =
    {
      constructDrv,
      excludeDrvArgNames ? [ ],
      extendDrvArgs,
      excludeFunctionArgNames ? [ ],
      inheritFunctionArgs ? true,
      transformDrv ? lib.id,
    }:
    lib.setFunctionArgs
      (
        fpargs:
        transformDrv (
          constructDrv (
            lib.extends (
              final: prev:
              removeAttrs prev excludeDrvArgNames // extendDrvArgs final prev
            ) (lib.toFunction fpargs)
          )
        )
      )
      (
        removeAttrs (
          (if inheritFunctionArgs then lib.functionArgs constructDrv else { })
          // lib.functionArgs (extendDrvArgs { })
        ) excludeFunctionArgNames
      );

  # One value for every pair of platforms, under other names.
  mapCrossIndex = f: mapAttrs (_: f);
  renameCrossIndexFrom =
    prefix: set:
    lib.listToAttrs (
      map (name: lib.nameValuePair name set."${prefix}${lib.toSentenceCase (builtins.substring 0 1 name)}${builtins.substring 1 (-1) name}") lib.systems.crossIndex
    );
  renameCrossIndexTo =
    prefix: set:
    lib.listToAttrs (
      map (name: lib.nameValuePair "${prefix}${lib.toSentenceCase (builtins.substring 0 1 name)}${builtins.substring 1 (-1) name}" set.${name}) lib.systems.crossIndex
    );
}
