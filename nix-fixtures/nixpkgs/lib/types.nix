# Types of options: which values they take, and what several definitions become.
#
# A type is a set made by `mkOptionType`. `join` says what an option is that is declared twice, with this type and
# with another: null where they do not go together.
{ lib }:
let
  inherit (lib.options)
    getValues
    mergeDefaultOption
    mergeEqualOption
    mergeOneOption
    mergeUniqueOption
    showDefs
    showOption
    ;
  inherit (lib.modules) mergeDefinitions;

  types = rec {
    isType = name: x: x._type or null == name;
    setType = name: x: x // { _type = name; };
    isOptionType = isType "option-type";
    mkOptionType =
      args@{
        name,
        description ? name,
        descriptionClass ? null,
        deprecationMessage ? null,
        check ? _: true,
        merge ? mergeDefaultOption,
        # `{ value }` when the option may stay without a definition.
        emptyValue ? { },
        nestedTypes ? { },
        getSubOptions ? _: { },
        getSubModules ? null,
        substSubModules ? _: null,
        join ? null,
        # What the type is made of: `{ payload = { … }; }`.
        functor ? { },
        ...
      }:
      let
        self = {
          _type = "option-type";
          inherit
            name
            description
            descriptionClass
            deprecationMessage
            check
            merge
            emptyValue
            nestedTypes
            getSubOptions
            getSubModules
            substSubModules
            ;
          functor = { inherit name; } // functor;
          join = if join != null then join else other: if other.name == name && other.description == description then self else null;
        };
      in
      self;

    # A type around another one.
    around =
      make: elemType: args:
      mkOptionType (
        {
          nestedTypes = { inherit elemType; };
          getSubModules = elemType.getSubModules;
          substSubModules = modules: make (elemType.substSubModules modules);
          join =
            other:
            let
              joined = elemType.join other.nestedTypes.elemType;
            in
            if other.name == args.name && other.nestedTypes ? elemType && joined != null then make joined else null;
        }
        // args
      );

    # Anything at all.
    raw = mkOptionType {
      name = "raw";
      description = "raw value";
      merge = mergeOneOption;
    };
    unspecified = mkOptionType {
      name = "unspecified";
      description = "unspecified value";
    };
    anything = mkOptionType {
      name = "anything";
      merge =
        loc: defs:
        let
          kind = v: if builtins.isAttrs v && lib.isStringLike v then "package" else builtins.typeOf v;
          kinds = lib.unique (map (def: kind def.value) defs);
        in
        if builtins.length kinds > 1 then
          throw "The option `${showOption loc}' has conflicting option types in ${lib.showFiles (lib.getFiles defs)}"
        else if kinds == [ "set" ] then
          (lazyAttrsOf anything).merge loc defs
        else if kinds == [ "package" ] then
          mergeOneOption loc defs
        else if kinds == [ "lambda" ] then
          x: anything.merge (loc ++ [ "<function body>" ]) (map (def: def // { value = def.value x; }) defs)
        else
          mergeEqualOption loc defs;
    };

    # Plain values.
    bool = mkOptionType {
      name = "bool";
      description = "boolean";
      check = builtins.isBool;
      merge = mergeEqualOption;
    };
    boolByOr = mkOptionType {
      name = "boolByOr";
      description = "boolean (merged using or)";
      check = builtins.isBool;
      merge = _: defs: builtins.any lib.id (getValues defs);
    };
    int = mkOptionType {
      name = "int";
      description = "signed integer";
      check = builtins.isInt;
      merge = mergeEqualOption;
    };
    float = mkOptionType {
      name = "float";
      description = "floating point number";
      check = builtins.isFloat;
      merge = mergeEqualOption;
    };
    number = either int float // { description = "signed integer or floating point number"; };
    numbers = {
      between = low: high: addCheck number (x: x >= low && x <= high) // { description = "integer or floating point number between ${toString low} and ${toString high} (both inclusive)"; };
      nonnegative = addCheck number (x: x >= 0) // { description = "nonnegative integer or floating point number, meaning >=0"; };
      positive = addCheck number (x: x > 0) // { description = "positive integer or floating point number, meaning >0"; };
    };
    ints =
      let
        between =
          low: high:
          addCheck int (x: x >= low && x <= high)
          // {
            name = "intBetween";
            description = "integer between ${toString low} and ${toString high} (both inclusive)";
          };
        bits =
          name: bits: low: high:
          between low high
          // {
            inherit name;
            description = "${toString bits} bit ${if low < 0 then "" else "un"}signed integer; between ${toString low} and ${toString high} (both inclusive)";
          };
        unsigned = n: power: bits "unsignedInt${toString n}" n 0 (power - 1);
        signed = n: half: bits "signedInt${toString n}" n (-half) (half - 1);
      in
      {
        inherit between;
        unsigned = addCheck int (x: x >= 0) // {
          name = "unsignedInt";
          description = "unsigned integer, meaning >=0";
        };
        positive = addCheck int (x: x > 0) // {
          name = "positiveInt";
          description = "positive integer, meaning >0";
        };
        u8 = unsigned 8 256;
        u16 = unsigned 16 65536;
        u32 = unsigned 32 4294967296;
        s8 = signed 8 128;
        s16 = signed 16 32768;
        s32 = signed 32 2147483648;
      };
    port = ints.u16;

    # Strings.
    str = mkOptionType {
      name = "str";
      description = "string";
      check = builtins.isString;
      merge = mergeEqualOption;
    };
    nonEmptyStr = mkOptionType {
      name = "nonEmptyStr";
      description = "non-empty string";
      check = x: builtins.isString x && builtins.match "[ \t\n]*" x == null;
      merge = mergeEqualOption;
    };
    singleLineStr = mkOptionType {
      name = "singleLineStr";
      description = "(optionally newline-terminated) single-line string";
      check = x: builtins.isString x && builtins.match "[^\n\r]*\n?" x != null;
      merge = loc: defs: lib.removeSuffix "\n" (mergeEqualOption loc defs);
    };
    strMatching =
      pattern:
      mkOptionType {
        name = "strMatching ${lib.escapeNixString pattern}";
        description = "string matching the pattern ${pattern}";
        check = x: builtins.isString x && builtins.match pattern x != null;
        merge = mergeEqualOption;
      };
    separatedString =
      sep:
      mkOptionType {
        name = "separatedString";
        functor.payload = { inherit sep; };
        description = if sep == "" then "Concatenated string" else "strings concatenated with ${builtins.toJSON sep}";
        check = builtins.isString;
        merge = _: defs: lib.concatStringsSep sep (getValues defs);
      };
    lines = separatedString "\n";
    commas = separatedString ",";
    envVar = separatedString ":";
    string = separatedString "";
    passwdEntry = elem: addCheck elem (x: builtins.match ".*[:\n].*" x == null) // { name = "passwdEntry ${elem.name}"; description = "${elem.description}, not containing newlines or colons"; };

    # Paths and packages.
    path = mkOptionType {
      name = "path";
      description = "absolute path";
      check = x: lib.isStringLike x && builtins.substring 0 1 (toString x) == "/";
      merge = mergeEqualOption;
    };
    externalPath = addCheck path (x: !(lib.hasPrefix builtins.storeDir (toString x)));
    pathInStore = addCheck path (x: lib.hasPrefix "${builtins.storeDir}/" (toString x)) // { name = "pathInStore"; description = "path in the Nix store"; };
    package = mkOptionType {
      name = "package";
      check = x: lib.isDerivation x || lib.isStorePath x;
      merge =
        loc: defs:
        let
          value = mergeOneOption loc defs;
        in
        if builtins.isPath value || (builtins.isString value && !(builtins.hasContext value)) then lib.toDerivation value else value;
    };
    shellPackage = addCheck package (x: x ? shellPath);
    pkgs = addCheck (unique { message = "A Nixpkgs pkgs set can not be merged with another pkgs set."; } attrs // { name = "pkgs"; description = "Nixpkgs package set"; }) (x: x._type or null == "pkgs");

    # Lists and sets.
    attrs = mkOptionType {
      name = "attrs";
      description = "attribute set";
      check = builtins.isAttrs;
      merge = _: defs: lib.mergeAttrsList (getValues defs);
      emptyValue.value = { };
    };
    listOf =
      elemType:
      around listOf elemType {
        name = "listOf";
        description = "list of ${elemType.description}";
        check = builtins.isList;
        emptyValue.value = [ ];
        getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
        merge =
          loc: defs:
          map (element: element.value) (
            builtins.filter (element: element ? value) (
              builtins.concatLists (
                lib.imap1 (
                  n: def:
                  lib.imap1 (
                    m: value:
                    (mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [
                      {
                        inherit (def) file;
                        inherit value;
                      }
                    ]).optionalValue
                  ) def.value
                ) defs
              )
            )
          );
      };
    nonEmptyListOf = elemType: addCheck (listOf elemType) (xs: xs != [ ]) // { emptyValue = { }; description = "non-empty list of ${elemType.description}"; };
    attrsOf = elemType: attrsWith { inherit elemType; };
    lazyAttrsOf =
      elemType:
      attrsWith {
        inherit elemType;
        lazy = true;
      };
    attrsWith =
      args@{
        elemType,
        lazy ? false,
        placeholder ? "name",
      }:
      around (elemType: attrsWith (args // { inherit elemType; })) elemType {
        name = if lazy then "lazyAttrsOf" else "attrsOf";
        description = "${if lazy then "lazy " else ""}attribute set of ${elemType.description}";
        check = builtins.isAttrs;
        emptyValue.value = { };
        getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
        merge =
          loc: defs:
          let
            merged = builtins.zipAttrsWith (name: mergeDefinitions (loc ++ [ name ]) elemType) (
              map (def: builtins.mapAttrs (_: value: { inherit (def) file; inherit value; }) def.value) defs
            );
          in
          # The lazy form knows its names without a look at the definitions: `mkIf false` leaves the name.
          if lazy then
            builtins.mapAttrs (_: m: m.optionalValue.value or elemType.emptyValue.value or m.mergedValue) merged
          else
            builtins.mapAttrs (_: m: m.mergedValue) (lib.filterAttrs (_: m: m.isDefined) merged);
      };

    # Choices.
    enum =
      values:
      let
        show = v: if builtins.isString v then ''"${v}"'' else if builtins.isBool v then lib.boolToString v else toString v;
      in
      mkOptionType {
        name = "enum";
        description = if builtins.length values == 1 then "value ${show (builtins.head values)} (singular enum)" else "one of ${lib.concatMapStringsSep ", " show values}";
        check = x: builtins.elem x values;
        merge = mergeEqualOption;
        nestedTypes.values = values;
        join = other: if other.name == "enum" then enum (lib.unique (values ++ other.nestedTypes.values)) else null;
      };
    nullOr =
      elemType:
      around nullOr elemType {
        name = "nullOr";
        description = "null or ${elemType.description}";
        check = x: x == null || elemType.check x;
        emptyValue.value = null;
        getSubOptions = elemType.getSubOptions;
        merge =
          loc: defs:
          let
            nulls = builtins.length (builtins.filter (def: def.value == null) defs);
          in
          if nulls == builtins.length defs then
            null
          else if nulls != 0 then
            throw "The option `${showOption loc}' is defined both null and not null, in ${lib.showFiles (lib.getFiles defs)}."
          else
            elemType.merge loc defs;
      };
    either =
      left: right:
      mkOptionType {
        name = "either";
        description = "${left.description} or ${right.description}";
        check = x: left.check x || right.check x;
        nestedTypes = { inherit left right; };
        join =
          other:
          let
            l = left.join other.nestedTypes.left;
            r = right.join other.nestedTypes.right;
          in
          if other.name == "either" && l != null && r != null then either l r else null;
        merge =
          loc: defs:
          let
            values = getValues defs;
          in
          if builtins.all left.check values then
            left.merge loc defs
          else if builtins.all right.check values then
            right.merge loc defs
          else
            mergeOneOption loc defs;
      };
    oneOf = ts: if ts == [ ] then throw "types.oneOf: there must be a type" else builtins.foldl' either (builtins.head ts) (builtins.tail ts);
    coercedTo =
      from: coerce: to:
      mkOptionType {
        name = "coercedTo";
        description = "${to.description} or ${from.description} convertible to it";
        check = x: (from.check x && to.check (coerce x)) || to.check x;
        merge = loc: defs: to.merge loc (map (def: def // { value = if from.check def.value then coerce def.value else def.value; }) defs);
        emptyValue = to.emptyValue;
        getSubOptions = to.getSubOptions;
        getSubModules = to.getSubModules;
        nestedTypes = {
          coercedType = from;
          finalType = to;
        };
        join = _: null;
      };

    # Changes to a type.
    addCheck = elemType: check: elemType // { check = x: elemType.check x && check x; };
    uniq = unique { message = ""; };
    unique =
      { message }:
      elemType:
      around (unique { inherit message; }) elemType {
        name = "unique";
        inherit (elemType) description check emptyValue getSubOptions;
        merge = mergeUniqueOption {
          inherit message;
          inherit (elemType) merge;
        };
      };
    functionTo =
      elemType:
      around functionTo elemType {
        name = "functionTo";
        description = "function that evaluates to a(n) ${elemType.description}";
        check = lib.isFunction;
        merge =
          loc: defs: argument:
          (mergeDefinitions (loc ++ [ "<function body>" ]) elemType (map (def: def // { value = def.value argument; }) defs)).mergedValue;
      };

    # Options and modules as values.
    optionType = mkOptionType {
      name = "optionType";
      check = isOptionType;
      merge = loc: defs: if builtins.length defs == 1 then (builtins.head defs).value else lib.modules.joinTypes loc (map (def: { inherit (def) file; type = def.value; }) defs);
    };
    deferredModule = deferredModuleWith { };
    deferredModuleWith =
      {
        staticModules ? [ ],
      }:
      mkOptionType {
        name = "deferredModule";
        description = "module";
        check = x: builtins.isAttrs x || lib.isFunction x || path.check x;
        merge = loc: defs: {
          imports = staticModules ++ map (def: lib.setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value) defs;
        };
      };
    submodule =
      modules:
      submoduleWith {
        shorthandOnlyDefinesConfig = true;
        modules = lib.toList modules;
      };
    submoduleWith =
      args@{
        modules,
        specialArgs ? { },
        shorthandOnlyDefinesConfig ? false,
        description ? null,
        class ? null,
      }:
      let
        base = lib.evalModules {
          inherit class specialArgs;
          modules = [ { _module.args.name = lib.mkOptionDefault "‹name›"; } ] ++ modules;
        };
        asModule =
          def:
          if builtins.isAttrs def.value && shorthandOnlyDefinesConfig then
            {
              _file = def.file;
              config = def.value;
            }
          else
            lib.setDefaultModuleLocation def.file def.value;
      in
      mkOptionType {
        name = "submodule";
        functor.payload = {
          inherit
            modules
            specialArgs
            shorthandOnlyDefinesConfig
            description
            class
            ;
        };
        description = if description != null then description else "submodule";
        check = x: builtins.isAttrs x || lib.isFunction x || path.check x;
        emptyValue.value = { };
        getSubOptions = prefix: (base.extendModules { inherit prefix; }).options;
        getSubModules = modules;
        substSubModules = modules: submoduleWith (args // { inherit modules; });
        join = other: if other.name == "submodule" then submoduleWith (args // { modules = modules ++ other.getSubModules; }) else null;
        merge =
          loc: defs:
          (base.extendModules {
            prefix = loc;
            modules = [ { _module.args.name = lib.last loc; } ] ++ map asModule defs;
          }).config;
      };
  };
in
types
