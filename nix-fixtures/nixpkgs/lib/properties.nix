# What may stand around a definition: conditions, merges, priorities and order. Plain data; `modules.nix` gives it
# its meaning.
{ lib }:
rec {
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkAssert = assertion: message: content: mkIf (if assertion then true else throw "\nFailed assertion: ${message}") content;

  # A lower priority wins.
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkVMOverride = mkOverride 10;
  mkForce = mkOverride 50;
  mkImageMediaOverride = mkOverride 60;
  mkDefault = mkOverride 1000;
  mkOptionDefault = mkOverride 1500;
  defaultOverridePriority = 100;

  # A lower order comes first.
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  defaultOrderPriority = 1000;

  mkDefinition = args@{ file, value, ... }: args // { _type = "definition"; };
  mkAliasDefinitions = mkAliasAndWrapDefinitions lib.id;
  mkAliasAndWrapDefinitions = wrap: option: mkIf option.isDefined (wrap (mkMerge option.definitions));
  mkFixStrictness = lib.id;
}
