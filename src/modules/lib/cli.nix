# Sets of options as arguments of a command.
{ lib }:
let
  inherit (builtins)
    concatLists
    concatMap
    isBool
    isList
    stringLength
    ;

  toText = lib.generators.mkValueStringDefault { };
  dashes = name: if stringLength name == 1 then "-${name}" else "--${name}";

  toGNUCommandLine =
    {
      mkOptionName ? dashes,
      mkBool ? name: value: lib.optional value (mkOptionName name),
      mkList ? name: values: concatMap (mkOption name) values,
      mkOption ?
        name: value:
        if value == null then
          [ ]
        else if optionValueSeparator == null then
          [
            (mkOptionName name)
            (toText value)
          ]
        else
          [ "${mkOptionName name}${optionValueSeparator}${toText value}" ],
      # Null makes the value an argument of its own.
      optionValueSeparator ? null,
    }:
    options:
    let
      render =
        name: value:
        if isBool value then
          mkBool name value
        else if isList value then
          mkList name value
        else
          mkOption name value;
    in
    concatLists (lib.mapAttrsToList render options);

  # `optionFormat name` says how that option is written: { option, sep, explicitBool, formatArg }.
  toCommandLine =
    optionFormat: attrs:
    let
      render =
        name: value:
        let
          format = optionFormat name;
          formatArg = format.formatArg or toText;
          one =
            v:
            if v == null || (!format.explicitBool && v == false) then
              [ ]
            else if !format.explicitBool && v == true then
              [ format.option ]
            else if format.sep == null then
              [
                format.option
                (formatArg v)
              ]
            else
              [ "${format.option}${format.sep}${formatArg v}" ];
        in
        if isList value then concatMap one value else one value;
    in
    concatLists (lib.mapAttrsToList render attrs);
  gnu =
    {
      isLong ? name: stringLength name > 1,
      explicitBool ? false,
      formatArg ? toText,
    }:
    name:
    if isLong name then
      {
        option = "--${name}";
        sep = "=";
        inherit explicitBool formatArg;
      }
    else
      {
        option = "-${name}";
        sep = "";
        inherit explicitBool formatArg;
      };
in
{
  inherit toCommandLine toGNUCommandLine;
  toGNUCommandLineShell = options: attrs: lib.escapeShellArgs (toGNUCommandLine options attrs);
  toCommandLineShell = optionFormat: attrs: lib.escapeShellArgs (toCommandLine optionFormat attrs);
  toCommandLineGNU = options: toCommandLine (gnu options);
  toCommandLineShellGNU = options: attrs: lib.escapeShellArgs (toCommandLine (gnu options) attrs);
}
