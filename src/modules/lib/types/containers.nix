# Types of lists, sets and functions, made of the types of their elements.
{ lib, making }:
let
  inherit (builtins)
    concatLists
    filter
    foldl'
    isAttrs
    isList
    mapAttrs
    zipAttrsWith
    ;
  inherit (lib.modules) defaultOrderPriority defaultOverridePriority mergeDefinitions;
  inherit (making)
    addCheck
    defaultFunctor
    elemTypeFunctor
    fromElement
    isNoun
    isNounOrComposite
    mkOptionType
    optionDescriptionPhrase
    ;

  listOf =
    elemType:
    mkOptionType (
      fromElement listOf elemType
      // {
        name = "listOf";
        description = "list of ${optionDescriptionPhrase isNounOrComposite elemType}";
        descriptionClass = "composite";
        check = isList;
        emptyValue.value = [ ];
        getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
        functor = elemTypeFunctor "listOf" listOf elemType;
        # An element may have a condition: then it may have no value.
        merge =
          loc: defs:
          let
            element =
              n: file: m: value:
              (mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [
                { inherit file value; }
              ]).optionalValue;
            elements = concatLists (lib.imap1 (n: def: lib.imap1 (element n def.file) def.value) defs);
          in
          map (e: e.value) (filter (e: e ? value) elements);
      }
    );

  attrsWith =
    {
      elemType,
      lazy ? false,
      placeholder ? "name",
    }@args:
    let
      again = elemType: attrsWith (args // { inherit elemType; });
      # By name: the definitions of that attribute.
      byName = map (
        def:
        mapAttrs (_: value: {
          inherit (def) file;
          inherit value;
        }) def.value
      );
    in
    mkOptionType (
      fromElement again elemType
      // {
        name = if lazy then "lazyAttrsOf" else "attrsOf";
        description = "${if lazy then "lazy attribute set" else "attribute set"} of ${optionDescriptionPhrase isNounOrComposite elemType}";
        descriptionClass = "composite";
        check = isAttrs;
        emptyValue.value = { };
        getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
        merge =
          loc: defs:
          # The lazy form knows its names without a look at the definitions, so that a false condition leaves the name.
          if lazy then
            zipAttrsWith (
              name: defs:
              let
                merged = mergeDefinitions (loc ++ [ name ]) elemType defs;
              in
              merged.optionalValue.value or elemType.emptyValue.value or merged.mergedValue
            ) (byName defs)
          else
            mapAttrs (_: v: v.value) (
              lib.filterAttrs (_: v: v ? value) (
                zipAttrsWith (name: defs: (mergeDefinitions (loc ++ [ name ]) elemType defs).optionalValue) (byName defs)
              )
            );
        functor = {
          name = "attrsWith";
          type = attrsWith;
          wrapped = null;
          payload = { inherit elemType lazy placeholder; };
          binOp =
            a: b:
            let
              merged = a.elemType.typeMerge b.elemType.functor;
              # The default gives way.
              named =
                if a.placeholder == b.placeholder || b.placeholder == "name" then
                  a.placeholder
                else if a.placeholder == "name" then
                  b.placeholder
                else
                  null;
            in
            if merged == null || a.lazy != b.lazy || named == null then
              null
            else
              {
                elemType = merged;
                inherit (a) lazy;
                placeholder = named;
              };
        };
      }
    );

  # A list of names with their values: several may have one name, and the order is that of the definitions.
  attrListWith =
    {
      elemType,
      asAttrs ? false,
      mergeAttrValues ? _: values: values,
    }@args:
    let
      type = mkOptionType (
        fromElement (elemType: attrListWith (args // { inherit elemType; })) elemType
        // {
          name = "attrListOf";
          description = "attribute list of ${optionDescriptionPhrase isNounOrComposite elemType}";
          descriptionClass = "composite";
          check = x: isList x || isAttrs x;
          emptyValue.value = if asAttrs then { } else [ ];
          getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
          typeMerge = _: null;
          merge =
            loc: defs:
            let
              items = concatLists (map (itemsOf loc) defs);
              # By name, the priority that counts. One that is lower than a plain definition's leaves none.
              priorities = mapAttrs (_: foldl' lib.min defaultOverridePriority) (
                zipAttrsWith (_: all: all) (map (item: { ${item.name} = item.priority; }) items)
              );
              counting = filter (item: item.priority == priorities.${item.name}) items;
              evaluated = map (item: {
                inherit (item) name;
                result =
                  (mergeDefinitions (loc ++ [ item.name ]) elemType [ { inherit (item) file value; } ]).optionalValue;
              }) (builtins.sort (a: b: a.order < b.order) counting);
              list = map (item: { ${item.name} = item.result.value; }) (filter (item: item.result ? value) evaluated);
            in
            if asAttrs then zipAttrsWith mergeAttrValues list else list;
        }
      );
      # The items of a definition, a set or a list of sets of one name. What stands around a value directly counts for its
      # item: the order, which is taken off, and the priority.
      itemsOf =
        loc: def:
        let
          item = order: name: value: stripped order value // { inherit (def) file; inherit name; };
          ofElement =
            element:
            let
              isOrdered = lib.types.isType "order" element;
              set = if isOrdered then element.content else element;
              names = builtins.attrNames set;
              name = builtins.head names;
              found = item defaultOrderPriority name set.${name};
            in
            if !(isAttrs set) then
              wrong loc def.file element "Each list element must be an attribute set, but got ${builtins.typeOf set}"
            else if builtins.length names != 1 then
              wrong loc def.file element "Each list element must be a single-key attribute set, but got ${toString (builtins.length names)} keys"
            else if isOrdered then
              found // { order = element.priority; }
            else
              found;
        in
        if isList def.value then
          map ofElement def.value
        else
          builtins.attrValues (mapAttrs (item defaultOrderPriority) def.value);
      stripped =
        order: value:
        let
          kind = value._type or null;
          inner = stripped order value.content;
        in
        if kind == "order" then
          inner // { order = value.priority; }
        else if kind == "override" then
          inner
          // {
            inherit (value) priority;
            value = lib.mkOverride value.priority inner.value;
          }
        else
          {
            inherit order value;
            priority = defaultOverridePriority;
          };
      wrong =
        loc: file: value: why:
        throw "A definition for option `${lib.showOption loc}' is not of type `${type.description}'. ${why}.${
          lib.options.showDefs [ { inherit file value; } ]
        }";
    in
    type;

  unique =
    { message }:
    type:
    mkOptionType (
      fromElement (unique { inherit message; }) type
      // {
        name = "unique";
        inherit (type)
          check
          description
          descriptionClass
          emptyValue
          getSubOptions
          ;
        merge = lib.options.mergeUniqueOption {
          inherit message;
          inherit (type) merge;
        };
        functor = elemTypeFunctor "unique" (unique { inherit message; }) type;
      }
    );

  functionTo =
    elemType:
    mkOptionType (
      fromElement functionTo elemType
      // {
        name = "functionTo";
        description = "function that evaluates to a(n) ${optionDescriptionPhrase isNounOrComposite elemType}";
        descriptionClass = "composite";
        check = lib.isFunction;
        getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
        functor = elemTypeFunctor "functionTo" functionTo elemType;
        merge = loc: defs: {
          # An argument may be left out if all definitions allow that.
          __functionArgs = zipAttrsWith (_: builtins.all lib.id) (map (def: lib.functionArgs def.value) defs);
          __functor =
            _: argument:
            (mergeDefinitions (loc ++ [ "<function body>" ]) elemType (
              map (def: {
                inherit (def) file;
                value = def.value argument;
              }) defs
            )).mergedValue;
        };
      }
    );
in
{
  inherit
    addCheck
    attrListWith
    attrsWith
    functionTo
    listOf
    unique
    ;

  attrs = mkOptionType {
    name = "attrs";
    description = "attribute set";
    check = isAttrs;
    emptyValue.value = { };
    merge = _: foldl' (all: def: all // def.value) { };
  };
  nonEmptyListOf =
    elemType:
    let
      list = addCheck (listOf elemType) (xs: xs != [ ]);
    in
    list
    // {
      description = "non-empty ${optionDescriptionPhrase isNoun list}";
      emptyValue = { };
      substSubModules = modules: lib.types.nonEmptyListOf (elemType.substSubModules modules);
    };
  attrListOf = elemType: attrListWith { inherit elemType; };
  attrsOf = elemType: attrsWith { inherit elemType; };
  lazyAttrsOf =
    elemType:
    attrsWith {
      inherit elemType;
      lazy = true;
    };
  loaOf =
    elemType:
    attrsWith { inherit elemType; }
    // {
      name = "loaOf";
      deprecationMessage = "Mixing lists with attribute values is no longer possible; please use `types.attrsOf` instead.";
    };
  uniq = unique { message = ""; };
}
