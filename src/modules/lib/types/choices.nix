# Types that are one of several.
{ lib, making }:
let
  inherit (builtins)
    all
    attrNames
    elem
    elemAt
    filter
    foldl'
    head
    isAttrs
    isBool
    isInt
    isString
    length
    mapAttrs
    tail
    toString
    typeOf
    ;
  inherit (lib.options)
    getFiles
    getValues
    isOption
    mergeEqualOption
    mergeOneOption
    showFiles
    showOption
    ;
  inherit (making)
    defaultFunctor
    elemTypeFunctor
    fromElement
    isAnyPhrase
    isNoun
    isNounOrConjunction
    mkOptionType
    optionDescriptionPhrase
    ;

  enum =
    values:
    let
      show =
        v:
        if isString v then
          ''"${v}"''
        else if isInt v then
          toString v
        else if isBool v then
          lib.boolToString v
        else
          "<${typeOf v}>";
    in
    mkOptionType {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if length values == 1 then
          "value ${show (head values)} (singular enum)"
        else
          "one of ${lib.concatMapStringsSep ", " show values}";
      descriptionClass = if length values < 2 then "noun" else "conjunction";
      check = x: elem x values;
      merge = mergeEqualOption;
      functor = defaultFunctor "enum" // {
        type = payload: enum payload.values;
        payload = { inherit values; };
        binOp = a: b: { values = lib.unique (a.values ++ b.values); };
      };
    };

  nullOr =
    elemType:
    mkOptionType (
      fromElement nullOr elemType
      // {
        name = "nullOr";
        description = "null or ${optionDescriptionPhrase isNounOrConjunction elemType}";
        descriptionClass = "conjunction";
        check = x: x == null || elemType.check x;
        emptyValue.value = null;
        inherit (elemType) getSubOptions;
        functor = elemTypeFunctor "nullOr" nullOr elemType;
        merge =
          loc: defs:
          let
            nulls = lib.count (def: def.value == null) defs;
          in
          if nulls == length defs then
            null
          else if nulls == 0 then
            elemType.merge loc defs
          else
            throw "The option `${showOption loc}` is defined both null and not null, in ${showFiles (getFiles defs)}.";
      }
    );

  either =
    left: right:
    mkOptionType {
      name = "either";
      description =
        if left.descriptionClass or null == "nonRestrictiveClause" then
          "${left.description}, or ${optionDescriptionPhrase isNounOrConjunction right}"
        else
          "${optionDescriptionPhrase isNounOrConjunction left} or ${optionDescriptionPhrase isAnyPhrase right}";
      descriptionClass = "conjunction";
      check = x: left.check x || right.check x;
      nestedTypes = { inherit left right; };
      merge =
        loc: defs:
        let
          values = getValues defs;
        in
        if all left.check values then
          left.merge loc defs
        else if all right.check values then
          right.merge loc defs
        else
          mergeOneOption loc defs;
      functor = defaultFunctor "either" // {
        type = payload: either (elemAt payload.elemType 0) (elemAt payload.elemType 1);
        payload.elemType = [ left right ];
        binOp =
          a: b:
          let
            join = i: (elemAt a.elemType i).typeMerge (elemAt b.elemType i).functor;
            joined = [ (join 0) (join 1) ];
          in
          if elem null joined then null else { elemType = joined; };
      };
    };

  coercedTo =
    coercedType: coerce: finalType:
    assert lib.assertMsg (
      coercedType.getSubModules == null
    ) "coercedTo: coercedType must not have submodules (it’s a ${coercedType.description})";
    mkOptionType {
      name = "coercedTo";
      description = "${optionDescriptionPhrase isNounOrConjunction finalType} or ${optionDescriptionPhrase isNoun coercedType} convertible to it";
      check = x: (coercedType.check x && finalType.check (coerce x)) || finalType.check x;
      merge =
        loc: defs:
        finalType.merge loc (
          map (def: def // { value = if coercedType.check def.value then coerce def.value else def.value; }) defs
        );
      inherit (finalType) emptyValue getSubModules getSubOptions;
      substSubModules = modules: coercedTo coercedType coerce (finalType.substSubModules modules);
      # Two functions cannot be compared.
      typeMerge = _: null;
      functor = defaultFunctor "coercedTo" // { wrapped = finalType; };
      nestedTypes = { inherit coercedType finalType; };
    };

  # A set of one attribute, whose name says which option its value is of.
  attrTag =
    tags:
    let
      declared = mapAttrs (
        name: option:
        let
          pos = builtins.unsafeGetAttrPos name tags;
        in
        if !(isOption option) then
          throw (
            if making.isOptionType option then
              "In attrTag, each tag value must be an option, but tag ${name} was set to a bare type, not wrapped in mkOption."
            else
              "In attrTag, each tag value must be an option, but tag ${name} was a ${typeOf option}."
          )
        else
          option
          // {
            declarations = option.declarations or [ (if pos == null then lib.unknownModule else pos.file) ];
            declarationPositions = option.declarationPositions or (if pos == null then [ ] else [ pos ]);
          }
      ) tags;
      choices = lib.concatMapStringsSep ", " lib.strings.escapeNixIdentifier (attrNames tags);
      tagOf = value: head (attrNames value);
    in
    mkOptionType {
      name = "attrTag";
      description = "attribute-tagged union with choices: ${choices}";
      descriptionClass = "noun";
      check = v: isAttrs v && length (attrNames v) == 1 && tags ? ${tagOf v};
      getSubOptions = prefix: mapAttrs (name: option: option // { loc = prefix ++ [ name ]; }) declared;
      nestedTypes = declared;
      merge =
        loc: defs:
        let
          choice = tagOf (head defs).value;
          inner = map (
            def:
            if tagOf def.value == choice then
              {
                inherit (def) file;
                value = def.value.${choice};
              }
            else
              throw "The option `${showOption loc}` is defined both as `${choice}` and `${tagOf def.value}`, in ${showFiles (getFiles defs)}."
          ) defs;
        in
        if declared ? ${choice} then
          { ${choice} = (lib.modules.evalOptionValue (loc ++ [ choice ]) declared.${choice} inner).value; }
        else
          throw "The option `${showOption loc}` is defined as ${lib.strings.escapeNixIdentifier choice}, but ${lib.strings.escapeNixIdentifier choice} is not among the valid choices (${choices}). Value ${choice} was defined in ${showFiles (getFiles defs)}.";
      functor = defaultFunctor "attrTag" // {
        type = payload: attrTag payload.tags;
        payload.tags = declared;
        binOp =
          a: b:
          let
            both = mapAttrs (
              name: option:
              # The options of both, as if declared in two modules.
              removeAttrs (lib.modules.mergeOptionDecls [ "<${name}>" ] [
                {
                  _file = head a.tags.${name}.declarations;
                  options = removeAttrs a.tags.${name} [ "declarations" "declarationPositions" ];
                }
                {
                  _file = head option.declarations;
                  options = removeAttrs option [ "declarations" "declarationPositions" ];
                }
              ]) [ "loc" "options" ]
            ) (builtins.intersectAttrs a.tags b.tags);
          in
          { tags = a.tags // b.tags // both; };
      };
    };
in
{
  inherit
    attrTag
    coercedTo
    either
    enum
    nullOr
    ;
  # The values of a language for data, such as JSON.
  serializableValueWith =
    {
      typeName,
      nullable ? true,
    }:
    let
      inherit (lib) types;
      value = types.oneOf [
        types.bool
        types.int
        types.float
        types.str
        types.path
        (types.attrsOf type)
        (types.listOf type)
      ];
      type = (if nullable then nullOr value else value) // {
        description = "${typeName} value";
      };
    in
    type;
  json = lib.types.serializableValueWith { typeName = "JSON"; };
  toml = lib.types.serializableValueWith {
    typeName = "TOML";
    nullable = false;
  };
  attrTagWith = { tags }: attrTag tags;
  oneOf =
    types:
    if types == [ ] then
      throw "types.oneOf needs to get at least one type in its argument"
    else
      foldl' either (head types) (tail types);
}
