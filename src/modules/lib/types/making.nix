# How types are made, joined and described.
{ lib }:
let
  inherit (builtins) head;

  isType = name: x: x._type or null == name;

  # Types of one functor go together if what they were made of does.
  defaultTypeMerge =
    f: f':
    let
      payload = f.binOp f.payload f'.payload;
      wrapped = f.wrapped.typeMerge f'.wrapped.functor;
      both = what: f.${what} != null && f'.${what} != null;
      neither = what: f.${what} == null && f'.${what} == null;
    in
    if f.name != f'.name then
      null
    else if both "payload" then
      if payload == null then null else f.type payload
    else if both "wrapped" then
      if wrapped == null then null else f.type wrapped
    else if neither "payload" && neither "wrapped" then
      f.type
    else
      null;
  defaultFunctor = name: {
    inherit name;
    type = lib.types.types.${name} or null;
    wrapped = null;
    payload = null;
    binOp = _: _: null;
  };
in
{
  inherit defaultFunctor defaultTypeMerge isType;
  setType = name: x: x // { _type = name; };
  isOptionType = isType "option-type";
  # The type of an option that is declared with both.
  mergeTypes =
    a: b:
    assert lib.types.isOptionType a && lib.types.isOptionType b;
    let
      merged = a.typeMerge b.functor;
    in
    if merged == null then lib.types.setType "merge-error" { error = "Cannot merge types"; } else merged;

  mkOptionType =
    {
      name,
      description ? null,
      # How the description stands in another one: "noun", "conjunction", "composite" or "nonRestrictiveClause".
      descriptionClass ? null,
      deprecationMessage ? null,
      check ? _: true,
      merge ? lib.options.mergeDefaultOption,
      # `{ value }` when the option may stay without a definition.
      emptyValue ? { },
      getSubOptions ? _: { },
      getSubModules ? null,
      substSubModules ? _: null,
      typeMerge ? defaultTypeMerge functor,
      functor ? defaultFunctor name,
      nestedTypes ? { },
    }:
    {
      _type = "option-type";
      inherit
        check
        deprecationMessage
        descriptionClass
        emptyValue
        functor
        getSubModules
        getSubOptions
        merge
        name
        nestedTypes
        substSubModules
        typeMerge
        ;
      description = if description == null then name else description;
    };

  # The functor of a type that holds elements of another.
  elemTypeFunctor = name: make: elemType: {
    inherit name;
    type = payload: make payload.elemType;
    wrapped = null;
    payload = { inherit elemType; };
    binOp =
      a: b:
      let
        merged = a.elemType.typeMerge b.elemType.functor;
      in
      if merged == null then null else { elemType = merged; };
  };

  # The description of `type`, in parentheses where it would be misread.
  optionDescriptionPhrase =
    plain: type: if plain (type.descriptionClass or null) then type.description else "(${type.description})";
  isNoun = class: class == "noun";
  isNounOrComposite = class: class == "noun" || class == "composite";
  isNounOrConjunction = class: class == "noun" || class == "conjunction";
  isAnyPhrase = class: class == "noun" || class == "conjunction" || class == "composite";

  # `type`, but fewer values.
  addCheck = type: check: type // { check = x: type.check x && check x; };

  # Parts of `mkOptionType` that a type has from its element's.
  fromElement = make: elemType: {
    inherit (elemType) getSubModules;
    substSubModules = modules: make (elemType.substSubModules modules);
    nestedTypes.elemType = elemType;
  };
}
