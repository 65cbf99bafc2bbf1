# Values of GVariant, GNOME's typed settings, in its text format.
{ lib }:
let
  inherit (builtins)
    head
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
  # A number is read as an int32, and a text as a string, unless its type stands before it.
  typed = type: v: make type v (self: "@${self.type} ${toString self.value}");

  inferred = {
    bool = mkBoolean;
    float = mkDouble;
    string = mkString;
    list = mkArray;
    int = n: throw "The GVariant type for number “${toString n}” is unclear.\nPlease wrap the value with one of the following, depending on the value type in GSettings schema:\n\n${
      concatMapStringsSep "\n" (c: "- `lib.gvariant.${c.name}` for `${c.type}`") (
        builtins.filter (c: (c.min == null || c.min <= n) && (c.max == null || n <= c.max)) intConstructors
      )
    }\n";
    set = _: throw "Cannot construct GVariant value from an attribute set. If you want to construct a dictionary, you will need to create an array containing items constructed with `lib.gvariant.mkDictionaryEntry`.";
  };
  mkValue =
    v:
    if isGVariant v then
      v
    else
      (inferred.${typeOf v} or (_: throw "The GVariant type of “${typeOf v}” can't be inferred.")) v;

  mkArray =
    elems:
    let
      values = map mkValue elems;
      type = (head values).type;
    in
    if elems == [ ] then
      throw "Please create empty array with mkEmptyArray."
    else if builtins.all (v: v.type == type) values then
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
  mkInt32 = n: make types.int32 n bare;
  mkDouble = v: make types.double v bare;

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
      min = null;
      max = null;
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
in
{
  type = types;
  inherit
    intConstructors
    isGVariant
    mkArray
    mkBoolean
    mkDouble
    mkInt32
    mkMaybe
    mkString
    mkValue
    ;

  mkEmptyArray = elemType: make (types.arrayOf elemType) [ ] (self: "@${self.type} []");
  mkVariant = elem: make types.variant (mkValue elem) (self: "<${toString self.value}>");
  mkDictionaryEntry =
    name: value:
    let
      key = mkValue name;
      content = mkValue value;
    in
    make (types.dictionaryEntryOf key.type content.type) { inherit name value; } (
      self: "@${self.type} {${key},${content}}"
    );
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
  mkObjectpath = v: make types.string v (self: "objectpath '${lib.escape [ "'" ] self.value}'");
  mkUchar = typed types.uchar;
  mkInt16 = typed types.int16;
  mkUint16 = typed types.uint16;
  mkUint32 = typed types.uint32;
  mkInt64 = typed types.int64;
  mkUint64 = typed types.uint64;
}
