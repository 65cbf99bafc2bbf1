# Values of GVariant, GNOME's typed settings, in its text format.
{ lib }:
let
  inherit (builtins)
    head
    isBool
    isFloat
    isInt
    isList
    isString
    toString
    typeOf
    ;
  inherit (lib) concatMapStringsSep concatStrings;

  types = {
    arrayOf = t: "a${t}";
    maybeOf = t: "m${t}";
    tupleOf = ts: "(${concatStrings ts})";
    dictionaryEntryOf = name: value: "{${name}${value}}";
    string = "s";
    boolean = "b";
    uchar = "y";
    int16 = "n";
    uint16 = "q";
    int32 = "i";
    uint32 = "u";
    int64 = "x";
    uint64 = "t";
    double = "d";
    variant = "v";
  };

  make = type: value: show: {
    _type = "gvariant";
    inherit type value;
    __toString = show;
  };
  isGVariant = v: v._type or "" == "gvariant";
  bare = self: toString self.value;
  # A number is read as an int32 unless the text says otherwise.
  integer = type: prefix: n: make type n (self: "${prefix}${toString self.value}");

  inferred = {
    bool = mkBoolean;
    int = mkInt32;
    float = mkDouble;
    string = mkString;
    list = mkArray;
  };
  mkValue =
    v:
    if isGVariant v then
      v
    else
      (inferred.${typeOf v} or (_: throw "The GVariant type of \"${typeOf v}\" can't be inferred.")) v;

  mkArray =
    elems:
    let
      values = map mkValue elems;
      type = (head values).type;
    in
    if builtins.all (v: v.type == type) values then
      make (types.arrayOf type) values (self: "@${self.type} [${concatMapStringsSep "," toString self.value}]")
    else
      throw "Elements in a list should have same type.";
  mkMaybe =
    elemType: elem:
    make (types.maybeOf elemType) elem (
      self: if self.value == null then "@${self.type} nothing" else "just ${toString self.value}"
    );
  mkBoolean = v: make types.boolean v (self: lib.boolToString self.value);
  mkString =
    v: make types.string v (self: "'${lib.replaceStrings [ "\n" ] [ "\\n" ] (lib.escape [ "'" "\\" ] self.value)}'");
  mkInt32 = integer types.int32 "";
  mkDouble = v: make types.double v bare;
in
{
  type = types;
  inherit
    isGVariant
    mkArray
    mkBoolean
    mkDouble
    mkInt32
    mkMaybe
    mkString
    mkValue
    ;
  intConstructors = [
    {
      name = "mkInt32";
      type = types.int32;
      min = -2147483648;
      max = 2147483647;
    }
    {
      name = "mkUint32";
      type = types.uint32;
      min = 0;
      max = 4294967295;
    }
    {
      name = "mkInt64";
      type = types.int64;
      min = -9223372036854775807 - 1;
      max = 9223372036854775807;
    }
    {
      name = "mkUint64";
      type = types.uint64;
      min = 0;
      max = null;
    }
    {
      name = "mkInt16";
      type = types.int16;
      min = -32768;
      max = 32767;
    }
    {
      name = "mkUint16";
      type = types.uint16;
      min = 0;
      max = 65535;
    }
    {
      name = "mkUchar";
      type = types.uchar;
      min = 0;
      max = 255;
    }
  ];

  mkEmptyArray = elemType: make (types.arrayOf elemType) [ ] (self: "@${self.type} []");
  mkVariant = elem: make types.variant (mkValue elem) (self: "<${toString self.value}>");
  mkDictionaryEntry =
    name: value:
    let
      key = mkValue name;
      content = mkValue value;
    in
    make (types.dictionaryEntryOf key.type content.type) {
      name = key;
      value = content;
    } (self: "{${toString self.value.name},${toString self.value.value}}");
  mkNothing = elemType: mkMaybe elemType null;
  mkJust =
    elem:
    let
      value = mkValue elem;
    in
    mkMaybe value.type value;
  mkTuple =
    elems:
    let
      values = map mkValue elems;
    in
    make (types.tupleOf (map (v: v.type) values)) values (
      self: "@${self.type} (${concatMapStringsSep "," toString self.value})"
    );
  mkObjectpath = v: make "o" v (self: "objectpath '${lib.escape [ "'" ] self.value}'");
  mkUchar = v: make types.uchar v bare;
  mkInt16 = integer types.int16 "int16 ";
  mkUint16 = integer types.uint16 "uint16 ";
  mkUint32 = integer types.uint32 "uint32 ";
  mkInt64 = integer types.int64 "int64 ";
  mkUint64 = integer types.uint64 "uint64 ";
}
