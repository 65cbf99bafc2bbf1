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
  inherit (lib.modules) mergeDefinitions;
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
