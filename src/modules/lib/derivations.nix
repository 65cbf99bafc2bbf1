# Derivations whose parts are evaluated late.
{ lib }:
let
  inherit (builtins) removeAttrs;
in
{
  inherit (builtins) addDrvOutputDependencies unsafeDiscardOutputDependency;

  # A derivation whose attributes are known without evaluating it.
  lazyDerivation =
    {
      derivation,
      meta ? null,
      passthru ? { },
      outputs ? [ "out" ],
    }@args:
    let
      checked =
        if derivation.type or null != "derivation" then
          throw "lazyDerivation: input must be a derivation."
        else if derivation.outputs or [ "out" ] == outputs || !(args ? outputs) then
          derivation
        else
          throw "lib.derivations.lazyDerivation: The derivation ${derivation.name or "<unknown>"} has outputs that don't match the assumed outputs.\n\nAssumed outputs passed to lazyDerivation: ${lib.generators.toPretty { multiline = false; } outputs}\nActual outputs of the derivation: ${lib.generators.toPretty { multiline = false; } (derivation.outputs or [ "out" ])}";
    in
    {
      type = "derivation";
      inherit (checked) drvPath outPath outputName name system;
      inherit outputs;
      meta = if args ? meta then meta else checked.meta;
    }
    // lib.genAttrs outputs (name: checked.${name})
    // passthru;

  # Null leaves the attribute away.
  optionalDrvAttr = condition: value: if condition then value else null;

  # Warns when the derivation is made, not when its name is looked at.
  warnOnInstantiate =
    message: drv:
    let
      quiet = [ "meta" "name" "type" "outputName" ];
    in
    lib.mapAttrs (name: lib.warn message) (removeAttrs drv quiet) // lib.getAttrs (lib.filter (name: drv ? ${name}) quiet) drv;
}
