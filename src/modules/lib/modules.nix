# The module system: modules in, one configuration out.
#
#   load      a module is a file, a function or a set; it becomes { _file, key, imports, disabledModules, options, config }
#   collect   all modules that the first ones import, each once, last import first
#   merge     the tree of declarations and the tree of definitions side by side, option by option
#
# Everything is lazy: an option costs something only when it is read.
{ lib }:
let
  inherit (builtins)
    addErrorContext
    all
    any
    attrNames
    concatLists
    concatMap
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isList
    isString
    length
    mapAttrs
    removeAttrs
    typeOf
    zipAttrsWith
    ;
  inherit (lib.options)
    isOption
    showDefs
    showFiles
    showOption
    unknownModule
    ;
  inherit (lib.properties)
    defaultOrderPriority
    defaultOverridePriority
    mkIf
    mkMerge
    mkOptionDefault
    mkOverride
    ;

  atHand = import ./at-hand.nix;
  library = atHand.library lib;

  # ---- load -------------------------------------------------------------------------------------------------------

  applyModuleArgs =
    key: f: args:
    let
      extra = mapAttrs (
        name: _:
        addErrorContext "while evaluating the module argument `${name}' in \"${key}\":" (
          args.${name} or args.config._module.args.${name}
        )
      ) (lib.functionArgs f);
    in
    # Arguments that it does not name reach it too, for `{ config, ... }@args`.
    f (args // extra);
  applyModuleArgsIfFunction = key: f: args: if lib.isFunction f then applyModuleArgs key f args else f;

  loadModule =
    args: file: key: m:
    if lib.isFunction m then
      unifyModuleSyntax file key (applyModuleArgs key m args)
    else if isAttrs m then
      if m._type or "module" == "module" then
        unifyModuleSyntax file key m
      else if m._type == "if" || m._type == "override" then
        loadModule args file key { config = m; }
      else
        throw (notAModule file m)
    else if isList m then
      throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists? Definitions: ${
        showDefs [
          {
            inherit file;
            value = m;
          }
        ]
      }"
    else
      unifyModuleSyntax (toString m) (toString m) (applyModuleArgsIfFunction (toString m) (import m) args);

  notAModule =
    file: m:
    "Could not load a value as a module, because it is of type ${lib.strings.escapeNixString m._type}"
    + (if file == unknownModule then "." else ", in file ${toString file}.")
    + (
      if m._type == "configuration" then
        " If you do intend to import this configuration, please only import the modules that make up the configuration. You may have to create a `let` binding, file or attribute to give yourself access to the relevant modules.\nWhile loading a configuration into the module system is a very sensible idea, it can not be done cleanly in practice."
      else
        ""
    );

  unifyModuleSyntax =
    file: key: m:
    let
      # What stands beside `config` but belongs to the configuration.
      withMeta = config: if m ? meta then mkMerge [ config { inherit (m) meta; } ] else config;
      withFreeform =
        config: if m ? freeformType then mkMerge [ config { _module.freeformType = m.freeformType; } ] else config;
      unified = {
        _file = toString (m._file or file);
        _class = m._class or null;
        key = toString (m.key or key);
        disabledModules = m.disabledModules or [ ];
        imports = m.imports or [ ];
      };
      keywords = [ "_class" "_file" "key" "disabledModules" "imports" "options" "config" "meta" "freeformType" ];
      surplus = attrNames (removeAttrs m keywords);
    in
    if !(isAttrs m) then
      throw "module ${file} (${key}) does not look like a module."
    else if m ? config || m ? options then
      if surplus != [ ] then
        throw "Module `${key}' has an unsupported attribute `${head surplus}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${toString surplus}) into the explicit `config' attribute."
      else
        unified
        // {
          options = m.options or { };
          config = withFreeform (withMeta (m.config or { }));
        }
    else
      unified
      // {
        imports = m.require or [ ] ++ m.imports or [ ];
        options = { };
        config = withFreeform (
          removeAttrs m [ "_class" "_file" "key" "disabledModules" "require" "imports" "freeformType" ]
        );
      };

  setDefaultModuleLocation = file: m: {
    _file = file;
    imports = [ m ];
  };

  # ---- collect ----------------------------------------------------------------------------------------------------

  checkClass =
    class: m:
    if class == null || m._class == null || m._class == class then
      m
    else
      throw "The module `${m._file}` (class: ${lib.strings.escapeNixString m._class}) cannot be imported into a module evaluation that expects class ${lib.strings.escapeNixString class}.";

  # The key of what an entry of `disabledModules` means.
  disabledKey =
    modulesPath: file: m:
    if isString m then
      if lib.hasPrefix "/" m then m else "${toString modulesPath}/${m}"
    else if lib.isConvertibleWithToString m then
      if m ? key && m.key != toString m then
        throw "Module `${file}` contains a disabledModules item that is an attribute set that can be converted to a string (${toString m}) but also has a `.key` attribute (${m.key}) with a different value. This makes it ambiguous which module should be disabled."
      else
        toString m
    else if m ? key then
      m.key
    else if isAttrs m then
      throw "Module `${file}` contains a disabledModules item that is an attribute set, presumably a module, that does not have a `key` attribute. This means that the module system doesn't have any means to identify the module that should be disabled. Make sure that you've put the correct value in disabledModules: a string path relative to modulesPath, a path value, or an attribute set with a `key` attribute."
    else
      throw "Each disabledModules item must be a path, string, or a attribute set with a key attribute, or a value supported by toString. However, one of the disabledModules items in `${file}` is none of that, but is of type ${typeOf m}.";

  # All modules in the order in which they were found, breadth first.
  collectModules =
    class: modulesPath: initial: args:
    let
      node = module: {
        inherit (module) key;
        inherit module;
      };
      below =
        file: key: modules:
        lib.imap1 (n: m: node (checkClass class (loadModule args file "${key}:anon-${toString n}" m))) (
          atHand.present modules
        );
      first = below unknownModule "" initial;
      closure =
        enabled:
        builtins.genericClosure {
          startSet = enabled first;
          operator = n: enabled (below n.module._file n.module.key n.module.imports);
        };
      everything = closure (nodes: nodes);
      disabled = concatMap (
        n: map (disabledKey modulesPath n.module._file) n.module.disabledModules
      ) everything;
    in
    map (n: n.module) (
      if disabled == [ ] then everything else closure (filter (n: !(elem n.key disabled)))
    );

  # ---- properties -------------------------------------------------------------------------------------------------

  # Moves what stands around a set of definitions to each of its attributes.
  pushDownProperties =
    cfg:
    let
      kind = cfg._type or "";
      wrapped = wrap: map (mapAttrs (_: wrap)) (pushDownProperties cfg.content);
    in
    if kind == "" then
      [ cfg ]
    else if kind == "merge" then
      concatMap pushDownProperties cfg.contents
    else if kind == "if" then
      wrapped (mkIf cfg.condition)
    else if kind == "override" then
      wrapped (mkOverride cfg.priority)
    else
      [ cfg ];

  # The values that conditions and merges leave.
  dischargeProperties =
    def:
    let
      kind = def._type or "";
    in
    if kind == "" then
      [ def ]
    else if kind == "merge" then
      concatMap dischargeProperties def.contents
    else if kind == "if" then
      if isBool def.condition then
        if def.condition then dischargeProperties def.content else [ ]
      else
        throw "‘mkIf’ called with a non-Boolean condition"
    else
      [ def ];

  priorityOf = def: if def.value._type or "" == "override" then def.value.priority else defaultOverridePriority;
  filterOverrides' =
    defs:
    let
      highestPrio = foldl' (prio: def: lib.min (priorityOf def) prio) 9999 defs;
      strip = def: if def.value._type or "" == "override" then def // { value = def.value.content; } else def;
    in
    {
      values = concatMap (def: if priorityOf def == highestPrio then [ (strip def) ] else [ ]) defs;
      inherit highestPrio;
    };
  sortProperties =
    defs:
    let
      strip =
        def:
        if def.value._type or "" == "order" then
          def
          // {
            value = def.value.content;
            inherit (def.value) priority;
          }
        else
          def;
      order = def: def.priority or defaultOrderPriority;
    in
    builtins.sort (a: b: order a < order b) (map strip defs);

  mergeDefinitions =
    loc: type: defs:
    let
      discharged = concatMap (
        def:
        map (
          value:
          if value._type or "" == "definition" then
            value
          else
            {
              inherit (def) file;
              inherit value;
            }
        ) (addErrorContext "while evaluating definitions from `${def.file}':" (dischargeProperties def.value))
      ) defs;
      filtered = filterOverrides' discharged;
      defsFinal =
        if any (def: def.value._type or "" == "order") filtered.values then
          sortProperties filtered.values
        else
          filtered.values;
      isDefined = defsFinal != [ ];
      mergedValue =
        if !isDefined then
          type.emptyValue.value or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if all (def: type.check def.value) defsFinal then
          type.merge loc defsFinal
        else
          throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${
            showDefs (filter (def: !(type.check def.value)) defsFinal)
          }";
    in
    {
      inherit defsFinal isDefined mergedValue;
      inherit (filtered) highestPrio;
      defsFinal' = {
        values = defsFinal;
        inherit (filtered) highestPrio;
      };
      optionalValue = if isDefined then { value = mergedValue; } else { };
    };

  # ---- merge ------------------------------------------------------------------------------------------------------

  # Modules, or parts of them, below `prefix`, as { matchedOptions, unmatchedDefns }. A part is { _file, options },
  # a definition { file, value }.
  mergeModules = prefix: modules: mergeModules' prefix modules (map (m: { file = m._file; value = m.config; }) modules);
  mergeModules' =
    prefix: modules: configs:
    let
      declared = zipAttrsWith (_: decls: decls) (
        map (
          m:
          if isAttrs m.options then
            mapAttrs (name: options: {
              inherit (m) _file;
              inherit options;
              pos = builtins.unsafeGetAttrPos name m.options;
            }) m.options
          else
            throw "An option declaration for `${showOption prefix}' has type `${typeOf m.options}', rather than an attribute set. Did you mean to define this outside of `options'?"
        ) modules
      );
      defined = zipAttrsWith (_: defs: defs) (
        concatMap (
          def:
          map (
            part:
            if isAttrs part then
              mapAttrs (_: value: {
                inherit (def) file;
                inherit value;
              }) part
            else
              throw "You're trying to define a value of type `${typeOf part}'\nrather than an attribute set for the option\n`${showOption prefix}'!\n\nThis usually happens if `${showOption prefix}' has option\ndefinitions inside that are not matched. Please check how to properly define\nthis option by e.g. referring to `man 5 configuration.nix'!\n"
          ) (pushDownProperties def.value)
        ) configs
      );
      results = mapAttrs (name: decls: mergeOption (prefix ++ [ name ]) decls (defined.${name} or [ ])) declared;
      unmatched =
        mapAttrs (_: r: r.unmatchedDefns) results // removeAttrs defined (attrNames declared);
    in
    {
      matchedOptions = mapAttrs (_: r: r.matchedOptions) results;
      unmatchedDefns =
        if configs == [ ] then
          [ ]
        else
          concatLists (
            lib.mapAttrsToList (
              name: defs: map (def: def // { prefix = [ name ] ++ (def.prefix or [ ]); }) defs
            ) unmatched
          );
    };

  mergeOption =
    loc: decls: defs:
    let
      isDeclaration =
        decl:
        decl.options ? _type
        && (
          decl.options._type == "option"
          || throw (wrongDeclaration loc decl)
        );
      proper = filter isDeclaration decls;
      leaf = decls: {
        matchedOptions = evalOptionValue loc (fixupOptionType loc (mergeOptionDecls loc decls)) defs;
        unmatchedDefns = [ ];
      };
      nested = filter (decl: !(isOption decl.options)) decls;
      # Options that are declared inside a submodule's option are options of the submodule.
      inSubmodule =
        decl:
        if isOption decl.options then
          decl
        else
          decl
          // {
            options = lib.mkOption {
              type = lib.types.submoduleWith {
                modules = [ { inherit (decl) _file options; } ];
                # As the other declaration has it.
                shorthandOnlyDefinesConfig = null;
              };
            };
          };
    in
    if proper == [ ] then
      mergeModules' loc decls defs
    else if nested == [ ] then
      leaf decls
    else if all (decl: decl.options.type.name or null == "submodule") proper then
      leaf (map inSubmodule decls)
    else
      throw "The option `${showOption loc}' in module `${(head proper)._file}' would be a parent of the following options, but its type `${
        (head proper).options.type.description or "<no description>"
      }' does not support nested options.\n${showDeclarations loc nested}";

  wrongDeclaration =
    loc: decl:
    if lib.isOptionType decl.options then
      "Expected an option declaration at option path `${showOption loc}` but got an option type (${decl.options.description}), in ${showFiles [ decl._file ]}. Wrap it: `lib.mkOption { type = …; }`."
    else
      "Expected an option declaration at option path `${showOption loc}` but got an attribute set with type ${decl.options._type}, in ${showFiles [ decl._file ]}";

  # One line for every option among declarations.
  showDeclarations =
    loc: decls:
    let
      below =
        path: file: options:
        if !(isAttrs options) || isOption options then
          [ "- option(s) with prefix `${showOption path}' in module `${file}'" ]
        else
          concatLists (lib.mapAttrsToList (name: below (path ++ [ name ]) file) options);
    in
    lib.concatStringsSep "\n" (concatMap (decl: below loc decl._file decl.options) decls);

  mergeOptionDecls =
    loc: decls:
    foldl'
      (
        all: decl:
        let
          both = what: all ? ${what} && decl.options ? ${what};
          type = all.type.typeMerge decl.options.type.functor;
          modules = decl.options.type.getSubModules or null;
        in
        if both "default" || both "example" || both "description" || both "apply" || (both "type" && type == null) then
          throw "The option `${showOption loc}' in `${decl._file}' is already declared in ${showFiles all.declarations}."
        else
          decl.options
          // all
          // {
            declarations = all.declarations ++ [ decl._file ];
            declarationPositions =
              all.declarationPositions
              ++ (
                if decl.pos or null == null then
                  [ ]
                else
                  [ decl.pos ]
              );
            options =
              if modules != null then map (setDefaultModuleLocation decl._file) modules ++ all.options else all.options;
          }
          // (if both "type" then { inherit type; } else { })
      )
      {
        inherit loc;
        declarations = [ ];
        declarationPositions = [ ];
        options = [ ];
      }
      decls;

  fixupOptionType =
    loc: opt:
    if opt.type.getSubModules or null == null then
      opt // { type = opt.type or lib.types.unspecified; }
    else
      opt
      // {
        type = opt.type.substSubModules opt.options;
        options = [ ];
      };

  evalOptionValue =
    loc: opt: defs:
    let
      withDefault =
        if opt ? default then
          [
            {
              file = head opt.declarations;
              value = mkOptionDefault opt.default;
            }
          ]
          ++ defs
        else
          defs;
      each = map (def: def // { value = (mergeDefinitions loc opt.type [ def ]).mergedValue; }) withDefault;
      result =
        if opt.readOnly or false && length withDefault > 1 then
          throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs each}"
        else
          mergeDefinitions loc opt.type withDefault;
      value = if opt ? apply then opt.apply result.mergedValue else result.mergedValue;
      outdated = opt.type.deprecationMessage or null;
    in
    lib.warnIf (outdated != null)
      "The type `types.${opt.type.name}' of option `${showOption loc}' defined in ${showFiles opt.declarations} is deprecated. ${toString outdated}"
      opt
    // {
      value = addErrorContext "while evaluating the option `${showOption loc}':" value;
      inherit (result) highestPrio isDefined;
      definitions = map (def: def.value) result.defsFinal;
      files = map (def: def.file) result.defsFinal;
      definitionsWithLocations = result.defsFinal;
      __toString = _: showOption loc;
    };

  # ---- all of it --------------------------------------------------------------------------------------------------

  evalModules =
    evalArgs@{
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
      # For the callers of long ago.
      args ? { },
      check ? true,
    }:
    let
      internalModule = {
        _file = "lib/modules.nix";
        key = "lib/modules.nix";
        options._module = {
          args = lib.mkOption {
            type = lib.types.lazyAttrsOf lib.types.raw;
            internal = prefix != [ ];
            description = "Additional arguments passed to each module in addition to ones like `lib`, `config`, and `pkgs`, `modulesPath`.";
          };
          check = lib.mkOption {
            type = lib.types.bool;
            internal = true;
            default = check;
            description = "Whether to check whether all option definitions have matching declarations.";
          };
          freeformType = lib.mkOption {
            type = lib.types.nullOr lib.types.optionType;
            internal = true;
            default = null;
            description = "If set, merge all definitions that don't have an associated option together using this type.";
          };
          specialArgs = lib.mkOption {
            type = lib.types.raw;
            readOnly = true;
            internal = true;
            description = "Arguments that `imports` may depend on.";
          };
        };
        config._module = {
          args = {
            inherit extendModules;
            moduleType = type;
          }
          // args;
          inherit specialArgs;
        };
      };

      collected = collectModules class (specialArgs.modulesPath or "") (modules ++ [ internalModule ]) (
        {
          inherit
            config
            options
            specialArgs
            ;
          lib = library;
          _class = class;
          _prefix = prefix;
        }
        // specialArgs
      );
      # What is found last comes first.
      merged = mergeModules prefix (lib.reverseList collected);
      options = merged.matchedOptions;

      declared = lib.mapAttrsRecursiveCond (v: !(isOption v)) (_: v: v.value) options;
      inherit (declared._module) freeformType;
      freeform =
        if merged.unmatchedDefns == [ ] then
          { }
        else
          freeformType.merge prefix (
            map (def: {
              inherit (def) file;
              value = lib.setAttrByPath def.prefix def.value;
            }) merged.unmatchedDefns
          );
      config = if freeformType == null then declared else lib.recursiveUpdate freeform declared;

      complete = all (m: m.key != atHand.absent) collected;
      checked =
        value:
        if complete && config._module.check && freeformType == null && merged.unmatchedDefns != [ ] then
          throw (unknownOption prefix options (head merged.unmatchedDefns))
        else
          value;

      extendModules =
        extendArgs@{
          modules ? [ ],
          specialArgs ? { },
          prefix ? [ ],
        }:
        evalModules (
          evalArgs
          // {
            inherit class;
            modules = evalArgs.modules ++ modules;
            specialArgs = evalArgs.specialArgs or { } // specialArgs;
            prefix = extendArgs.prefix or evalArgs.prefix or [ ];
          }
        );
      type = lib.types.submoduleWith { inherit modules specialArgs class; };
    in
    {
      _type = "configuration";
      inherit class extendModules type;
      options = checked options;
      config = (if complete then value: value else atHand.opened) (checked (removeAttrs config [ "_module" ]));
      _module = checked config._module;
    };

  unknownOption =
    prefix: options: def:
    let
      path = prefix ++ def.prefix;
      # Where the path still leads to a set of options.
      known = lib.attrByPath (lib.init def.prefix) { } options;
      name = lib.last def.prefix;
      near = filter (sibling: sibling != "_module" && lib.strings.levenshteinAtMost 3 name sibling) (
        if isAttrs known && !(isOption known) then attrNames known else [ ]
      );
      nearest = map (sibling: "`${showOption (lib.init path ++ [ sibling ])}'") (
        lib.take 3 (lib.sortOn (lib.strings.levenshtein name) near)
      );
      hint =
        if attrNames options == [ "_module" ] then
          if prefix == [ ] then
            "\n\nIt seems as if you're trying to declare an option by placing it into `config' rather than `options'!"
          else
            "\n\nHowever there are no options defined in `${showOption prefix}'. Are you sure you've\ndeclared your options properly? This can happen if you e.g. declared your options in `types.submodule'\nunder `config' rather than `options'."
        else if nearest == [ ] then
          ""
        else if length nearest == 1 then
          "\n\nDid you mean ${head nearest}?"
        else
          "\n\nDid you mean ${lib.concatStringsSep ", " (lib.init nearest)} or ${lib.last nearest}?";
    in
    "The option `${showOption path}' does not exist. Definition values:${
      addErrorContext
        "while evaluating the error message for definitions for `${showOption path}', which is an option that does not exist"
        (addErrorContext "while evaluating a definition from `${def.file}'" (showDefs [ def ]))
    }${hint}";
in
{
  inherit
    applyModuleArgs
    applyModuleArgsIfFunction
    collectModules
    dischargeProperties
    evalModules
    evalOptionValue
    filterOverrides'
    fixupOptionType
    mergeDefinitions
    mergeModules
    mergeModules'
    mergeOptionDecls
    pushDownProperties
    setDefaultModuleLocation
    sortProperties
    unifyModuleSyntax
    ;
  filterOverrides = defs: (filterOverrides' defs).values;
  importApply = path: staticArgs: setDefaultModuleLocation path (import path staticArgs);
  importJSON = file: { _file = file; config = lib.importJSON file; };
  importTOML = file: { _file = file; config = lib.importTOML file; };
  fixMergeModules = modules: args: evalModules { inherit modules args; check = false; };
}
// lib.properties
// lib.moved
