# The module system: modules in, one configuration out.
#
#   load      a module is a file, a function or a set; it becomes { file, key, imports, disabled, options, config }
#   collect   all modules that the first ones import, each once, last import first
#   combine   the tree of declarations and the tree of definitions side by side, option by option
#
# Everything is lazy: an option costs something only when it is read.
{ lib }:
let
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
    mkOptionDefault
    mkOrder
    mkOverride
    ;

  # ---- load -------------------------------------------------------------------------------------------------------

  isPathLike = x: builtins.isPath x || builtins.isString x || (builtins.isAttrs x && x ? outPath);

  # `call` gives a module that is a function its arguments.
  load =
    call: parent: n: module:
    if isPathLike module then
      let
        file = toString module;
        loaded = import module;
      in
      normalize file file (if lib.isFunction loaded then call file loaded else loaded)
    else
      let
        key = "${parent.key}:anon-${toString n}";
      in
      if builtins.isList module then
        throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists? Definitions: ${showDefs [ { inherit (parent) file; value = module; } ]}"
      else if lib.isFunction module then
        normalize parent.file key (call key module)
      else if module ? _type then
        throw ''Could not load a value as a module, because it is of type "${module._type}", in file ${parent.file}.''
      else
        normalize parent.file key module;

  normalize =
    file: key: module:
    let
      known = [ "_class" "_file" "key" "disabledModules" "imports" "options" "config" "meta" "freeformType" ];
      unknown = builtins.attrNames (builtins.removeAttrs module known);
      freeform = if module ? freeformType then [ { _module.freeformType = module.freeformType; } ] else [ ];
    in
    if !builtins.isAttrs module then
      throw "module ${file} (${key}) does not look like a module."
    else
      {
        file = toString (module._file or file);
        key = toString (module.key or key);
        imports = module.imports or [ ];
        disabled = module.disabledModules or [ ];
        options = module.options or { };
        configs =
          if !(module ? config || module ? options) then
            [ (builtins.removeAttrs module [ "_class" "_file" "key" "disabledModules" "imports" "freeformType" ]) ] ++ freeform
          else if unknown != [ ] then
            throw ''
              Module `${key}' has an unsupported attribute `${builtins.head unknown}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${toString unknown}) into the explicit `config' attribute.''
          else
            [ (module.config or { }) ] ++ freeform ++ (if module ? meta then [ { inherit (module) meta; } ] else [ ]);
      };

  setDefaultModuleLocation = file: module: {
    _file = file;
    imports = [ module ];
  };
  importApply = path: args: lib.setDefaultModuleLocation path (import path args);

  # ---- collect ----------------------------------------------------------------------------------------------------

  collect =
    call: modulesPath: roots:
    let
      node = module: {
        inherit (module) key;
        inherit module;
      };
      below = parent: modules: lib.imap1 (n: m: node (load call parent n m)) modules;
      first = below { file = unknownModule; key = ""; } roots;
      closure =
        disabled:
        let
          enabled = builtins.filter (n: !(builtins.elem n.key disabled));
        in
        builtins.genericClosure {
          startSet = enabled first;
          operator = n: enabled (below n.module n.module.imports);
        };
      all = closure [ ];
      disabledKey =
        entry:
        if builtins.isString entry && builtins.substring 0 1 entry != "/" then
          "${toString modulesPath}/${entry}"
        else if builtins.isAttrs entry && entry ? key then
          toString entry.key
        else
          toString entry;
      disabled = builtins.concatMap (n: map disabledKey n.module.disabled) all;
    in
    # Found breadth first; what is found last comes first.
    lib.reverseList (map (n: n.module) (if disabled == [ ] then all else closure disabled));

  # ---- properties -------------------------------------------------------------------------------------------------

  # Moves what stands around a set of definitions to each of its attributes.
  pushDown =
    value:
    let
      kind = value._type or "";
      inner = wrap: map (builtins.mapAttrs (_: wrap)) (pushDown value.content);
    in
    if kind == "merge" then
      builtins.concatMap pushDown value.contents
    else if kind == "if" then
      inner (mkIf value.condition)
    else if kind == "override" then
      inner (mkOverride value.priority)
    else if kind == "order" then
      inner (mkOrder value.priority)
    else
      [ value ];

  # Definitions without conditions and merges; priorities and order become fields.
  discharge =
    def:
    let
      value = def.value;
      kind = if builtins.isAttrs value then value._type or "" else "";
      inner = content: discharge (def // { value = content; });
    in
    if kind == "merge" then
      builtins.concatMap inner value.contents
    else if kind == "if" then
      if builtins.isBool value.condition then
        if value.condition then inner value.content else [ ]
      else
        throw "`mkIf` called with a non-Boolean condition in `${def.file}'"
    else if kind == "override" then
      map (d: { inherit (value) priority; } // d) (inner value.content)
    else if kind == "order" then
      map (d: { order = value.priority; } // d) (inner value.content)
    else if kind == "definition" then
      discharge { inherit (value) file value; }
    else
      [ def ];

  mergeDefinitions =
    loc: type: defs:
    let
      discharged = builtins.concatMap discharge defs;
      priority = d: d.priority or defaultOverridePriority;
      highestPrio = builtins.foldl' (prio: d: lib.min prio (priority d)) 9999 discharged;
      kept = builtins.filter (d: priority d == highestPrio) discharged;
      order = d: d.order or defaultOrderPriority;
      ordered = if builtins.any (d: d ? order) kept then builtins.sort (a: b: order a < order b) kept else kept;
      values = map (d: { inherit (d) file value; }) ordered;
      wrong = builtins.filter (d: !(type.check d.value)) values;
    in
    rec {
      inherit highestPrio;
      defsFinal = values;
      isDefined = values != [ ];
      mergedValue =
        if !isDefined then
          throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option."
        else if wrong != [ ] then
          throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs wrong}"
        else
          type.merge loc values;
      optionalValue = if isDefined then { value = mergedValue; } else { };
    };

  # ---- combine ----------------------------------------------------------------------------------------------------

  # Declarations `[ { file, options } ]` and definitions `[ { file, value } ]` below `prefix`, as
  # { options, config, unmatched }, where unmatched are the definitions that nothing declares.
  combine =
    prefix: decls: defs:
    let
      declared = builtins.zipAttrsWith (_: ds: ds) (
        map (
          d:
          if builtins.isAttrs d.options then
            builtins.mapAttrs (_: options: { inherit (d) file; inherit options; }) d.options
          else
            throw "The option path `${showOption prefix}' in module `${d.file}' is not a set of options."
        ) decls
      );
      defined = builtins.zipAttrsWith (_: ds: ds) (
        builtins.concatMap (
          d:
          map (
            value:
            if builtins.isAttrs value then
              builtins.mapAttrs (_: value: { inherit (d) file; inherit value; }) value
            else
              throw "You're trying to define a value of type `${builtins.typeOf value}' rather than an attribute set for the option `${showOption prefix}'! Definition values:${showDefs [ (d // { inherit value; }) ]}"
          ) (pushDown d.value)
        ) defs
      );
      results = builtins.mapAttrs (name: decls: one (prefix ++ [ name ]) decls (defined.${name} or [ ])) declared;
    in
    {
      options = builtins.mapAttrs (_: r: r.options) results;
      config = builtins.mapAttrs (_: r: r.config) results;
      unmatched =
        builtins.concatLists (lib.mapAttrsToList (name: map (d: d // { loc = prefix ++ [ name ]; siblings = builtins.attrNames declared; })) (builtins.removeAttrs defined (builtins.attrNames declared)))
        ++ builtins.concatMap (r: r.unmatched) (builtins.attrValues results);
    };

  one =
    loc: decls: defs:
    let
      proper = builtins.filter (d: isOption d.options) decls;
      nested = builtins.filter (d: !(isOption d.options)) decls;
      leaf = decls: rec {
        options = evaluateOption loc (joinDeclarations loc decls) defs;
        config = options.value;
        unmatched = [ ];
      };
    in
    if proper == [ ] then
      combine loc decls defs
    else if nested == [ ] then
      leaf decls
    else if builtins.all (d: (d.options.type or lib.types.unspecified).getSubModules != null) proper then
      # Options declared inside an option that holds submodules are options of these.
      leaf (
        proper
        ++ map (d: {
          inherit (d) file;
          options = lib.mkOption { type = lib.types.submoduleWith { modules = [ { _file = d.file; inherit (d) options; } ]; }; };
        }) nested
      )
    else
      throw "The option `${showOption loc}' in module `${(builtins.head proper).file}' would be a parent of the following options, but its type `${(builtins.head proper).options.type.description or "<no description>"}' does not support nested options: they are declared in ${showFiles (map (d: d.file) nested)}.";

  joinTypes =
    loc: typed:
    let
      simple = a: b: if a.nestedTypes == { } && a.name == b.name && a.description == b.description then a else null;
      join = a: b: let joined = a.join b; in if joined != null then joined else simple a b;
    in
    builtins.foldl' (
      a: d:
      let
        joined = join a d.type;
      in
      if joined != null then
        joined
      else
        throw "The option `${showOption loc}' in `${d.file}' is already declared in ${showFiles (map (d: d.file) (lib.remove d typed))}, with another type (`${a.description}' and `${d.type.description}')."
    ) (builtins.head typed).type (builtins.tail typed);

  joinDeclarations =
    loc: decls:
    let
      files = map (d: d.file) decls;
      merged = builtins.foldl' (
        all: d:
        let
          again = builtins.filter (name: all ? ${name} && d.options ? ${name}) [ "default" "apply" "example" ];
        in
        if again != [ ] then
          throw "The option `${showOption loc}' in `${d.file}' is already declared in ${showFiles (builtins.filter (f: f != d.file) files)}."
        else
          all // d.options
      ) { } decls;
      typed = map (d: { inherit (d) file; inherit (d.options) type; }) (builtins.filter (d: d.options ? type) decls);
    in
    merged
    // {
      inherit loc;
      declarations = files;
      type = if typed == [ ] then lib.types.unspecified else joinTypes loc typed;
    };

  evaluateOption =
    loc: opt: defs:
    let
      withDefault =
        (if opt ? default then [ { file = builtins.head opt.declarations; value = mkOptionDefault opt.default; } ] else [ ]) ++ defs;
      result = mergeDefinitions loc opt.type withDefault;
      merged =
        if opt.readOnly or false && builtins.length withDefault > 1 then
          throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs (builtins.concatMap discharge withDefault)}"
        else
          result.mergedValue;
    in
    opt
    // {
      value = builtins.addErrorContext "while evaluating the option `${showOption loc}':" (
        if opt ? apply then opt.apply merged else merged
      );
      definitions = map (d: d.value) result.defsFinal;
      definitionsWithLocations = result.defsFinal;
      files = map (d: d.file) result.defsFinal;
      inherit (result) highestPrio isDefined;
    };

  # ---- all of it --------------------------------------------------------------------------------------------------

  evalModules =
    args@{
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
    }:
    let
      internal = {
        _file = "lib/modules.nix";
        key = "lib/modules.nix";
        options._module = {
          args = lib.mkOption {
            type = lib.types.lazyAttrsOf lib.types.raw;
            internal = true;
            description = "Further arguments of all modules.";
          };
          check = lib.mkOption {
            type = lib.types.bool;
            internal = true;
            default = true;
            description = "Whether a definition of what is no option is an error.";
          };
          freeformType = lib.mkOption {
            type = lib.types.nullOr lib.types.optionType;
            internal = true;
            default = null;
            description = "The type of all definitions that no option takes.";
          };
          specialArgs = lib.mkOption {
            type = lib.types.raw;
            internal = true;
            readOnly = true;
            description = "Arguments that `imports` may depend on.";
          };
        };
        config._module = {
          args = {
            inherit extendModules;
            moduleType = type;
          };
          inherit specialArgs;
        };
      };

      call =
        key: f:
        f (
          base
          // builtins.mapAttrs (
            name: _:
            builtins.addErrorContext "while evaluating the module argument `${name}' in \"${key}\":" (
              base.${name} or config._module.args.${name}
            )
          ) (lib.functionArgs f)
        );
      base = {
        inherit lib config specialArgs;
        inherit (tree) options;
        _class = class;
        _prefix = prefix;
      }
      // specialArgs;

      loaded = collect call (specialArgs.modulesPath or "") (modules ++ [ internal ]);
      tree = combine prefix (map (m: { inherit (m) file options; }) loaded) (
        builtins.concatMap (m: map (value: { inherit (m) file; inherit value; }) m.configs) loaded
      );

      freeformType = tree.config._module.freeformType;
      relative = d: lib.drop (builtins.length prefix) d.loc;
      freeform = (mergeDefinitions prefix freeformType (map (d: { inherit (d) file; value = lib.setAttrByPath (relative d) d.value; }) tree.unmatched)).optionalValue.value or { };
      config = if freeformType == null then tree.config else lib.recursiveUpdateUntil (path: _: _: lib.hasAttrByPath path tree.options && isOption (lib.getAttrFromPath path tree.options)) freeform tree.config;

      checked =
        if !tree.config._module.check || freeformType != null || tree.unmatched == [ ] then
          config
        else
          throw (missingOption prefix (builtins.head tree.unmatched) (builtins.attrNames tree.options == [ "_module" ]));

      extendModules =
        {
          modules ? [ ],
          specialArgs ? { },
          prefix ? args.prefix or [ ],
        }:
        evalModules (
          args
          // {
            inherit prefix;
            modules = args.modules ++ modules;
            specialArgs = args.specialArgs or { } // specialArgs;
          }
        );
      type = lib.types.submoduleWith { inherit modules specialArgs class; };
    in
    {
      _type = "configuration";
      inherit class extendModules type;
      inherit (tree) options;
      config = builtins.removeAttrs checked [ "_module" ];
      _module = checked._module;
    };

  missingOption =
    prefix: def: nothingDeclared:
    let
      name = lib.last def.loc;
      near = builtins.filter (lib.levenshteinAtMost 3 name) (builtins.filter (sibling: sibling != "_module") def.siblings);
      nearest = lib.take 3 (lib.sortOn (lib.levenshtein name) near);
      hint =
        if nothingDeclared then
          "\n\nIt seems as if you're trying to declare an option by placing it into `config' rather than `options'!"
        else if nearest != [ ] then
          "\n\nDid you mean ${lib.concatMapStringsSep " or " (sibling: "`${showOption (lib.init def.loc ++ [ sibling ])}'") nearest}?"
        else
          "";
    in
    "The option `${showOption def.loc}' does not exist. Definition values:${showDefs [ def ]}${hint}";

  # ---- moved and removed options ----------------------------------------------------------------------------------

  alias =
    {
      from,
      to,
      visible ? true,
      warn ? false,
      condition ? true,
      withPriority ? true,
    }:
    { config, options, ... }:
    let
      old = lib.getAttrFromPath from options;
      note = "The option `${showOption from}' defined in ${showFiles old.files} has been renamed to `${showOption to}'.";
      target = lib.attrByPath to null options;
      forwarded = lib.mkMerge (map (def: { _type = "definition"; inherit (def) file value; }) old.definitionsWithLocations);
    in
    {
      options = lib.setAttrByPath from (
        lib.mkOption {
          inherit visible;
          description = "Alias of {option}`${showOption to}`.";
          apply = _: lib.warnIf (warn && old.isDefined) "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'." (lib.getAttrFromPath to config);
        }
        // lib.optionalAttrs (target ? type) { inherit (target) type; }
      );
      config = mkIf condition (
        lib.mkMerge [
          (lib.optionalAttrs (options ? warnings) { warnings = lib.optional (warn && old.isDefined) note; })
          (lib.setAttrByPath to (mkIf old.isDefined (if withPriority then mkOverride old.highestPrio forwarded else forwarded)))
        ]
      );
    };
in
{
  inherit
    evalModules
    importApply
    joinTypes
    mergeDefinitions
    setDefaultModuleLocation
    ;
  pushDownProperties = pushDown;

  mkRenamedOptionModule = from: to: alias { inherit from to; warn = true; visible = false; };
  mkAliasOptionModule = from: to: alias { inherit from to; };
  mkRemovedOptionModule =
    path: replacement:
    { options, ... }:
    let
      option = lib.getAttrFromPath path options;
    in
    {
      options = lib.setAttrByPath path (
        lib.mkOption {
          visible = false;
          apply = _: throw "The option `${showOption path}' can no longer be used since it's been removed. ${replacement}";
        }
      );
      config.assertions = [
        {
          assertion = !option.isDefined;
          message = "The option definition `${showOption path}' in ${showFiles option.files} no longer has any effect; please remove it.\n${replacement}";
        }
      ];
    };
  mkChangedOptionModule =
    from: to: change:
    { config, options, ... }:
    {
      options = lib.setAttrByPath from (lib.mkOption { visible = false; });
      config = lib.setAttrByPath to (mkIf (lib.getAttrFromPath from options).isDefined (change config));
    };
  mkMergedOptionModule =
    froms: to: merge:
    { config, options, ... }:
    {
      options = builtins.foldl' lib.recursiveUpdate { } (map (from: lib.setAttrByPath from (lib.mkOption { visible = false; })) froms);
      config = lib.setAttrByPath to (mkIf (builtins.any (from: (lib.getAttrFromPath from options).isDefined) froms) (merge config));
    };
}
