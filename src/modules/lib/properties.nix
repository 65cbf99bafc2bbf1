# What may stand around a definition: conditions, merges, priorities and order. Plain data; `modules.nix` gives it
# its meaning.
{ lib }:
let
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  # A lower priority wins.
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  # A lower order comes first.
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  defaultOverridePriority = 100;
  # Definitions of one option as definitions of another, if there are any.
  forward = option: mkIf (lib.isOption option && option.isDefined);
in
{
  inherit
    defaultOverridePriority
    mkIf
    mkMerge
    mkOrder
    mkOverride
    ;
  mkAssert =
    assertion: message: mkIf (if assertion then true else throw "\nFailed assertion: ${message}");
  mkDefinition = args@{ file, value, ... }: args // { _type = "definition"; };

  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkImageMediaOverride = mkOverride 60;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  defaultPriority = lib.warn "lib.modules.defaultPriority is deprecated, please use lib.modules.defaultOverridePriority instead." defaultOverridePriority;

  # `f` of the value, within all that stands around it.
  mapDefinitionValue =
    f:
    let
      apply =
        def:
        let
          kind = def._type or null;
        in
        if kind == "merge" then
          def // { contents = map apply def.contents; }
        else if kind == "if" || kind == "override" || kind == "order" then
          def // { content = apply def.content; }
        else if kind == "definition" then
          def // { value = apply def.value; }
        else
          f def;
    in
    apply;
  # The values of an option that is a set, each with the priority that it has.
  mergeAttrDefinitionsWithPrio =
    option:
    let
      located =
        def: map (builtins.mapAttrs (_: value: def // { inherit value; })) (lib.modules.pushDownProperties def.value);
      byName = lib.zipAttrs (builtins.concatMap located option.definitionsWithLocations);
      inherit (option.type) name nestedTypes;
    in
    assert name == "attrsOf" || name == "lazyAttrsOf";
    builtins.mapAttrs (
      name: defs:
      let
        merged = lib.modules.mergeDefinitions (option.loc ++ [ name ]) nestedTypes.elemType defs;
      in
      {
        value = merged.mergedValue;
        inherit (merged.defsFinal') highestPrio;
      }
    ) byName;

  mkBefore = mkOrder 500;
  defaultOrderPriority = 1000;
  mkAfter = mkOrder 1500;

  mkAliasDefinitions = lib.mkAliasAndWrapDefinitions lib.id;
  mkAliasAndWrapDefinitions = wrap: option: forward option (wrap (mkMerge option.definitions));
  mkAliasAndWrapDefsWithPriority =
    wrap: option:
    let
      priority = option.highestPrio or defaultOverridePriority;
    in
    forward option (wrap (mkMerge (map (mkOverride priority) option.definitions)));
  mkAliasIfDef = forward;
  mkDerivedConfig = option: f: mkOverride (option.highestPrio or defaultOverridePriority) (f option.value);
  mkFixStrictness = lib.warn "lib.mkFixStrictness has no effect and will be removed. It returns its argument unmodified, so you can just remove any calls." lib.id;
}
