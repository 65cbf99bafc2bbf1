# lib.types
{ lib, manual, known, throws }:
let
  t = lib.types;
  inherit (lib) mkOption;
  eval = modules: (lib.evalModules { inherit modules; });
  # The value of one option `x` of this type under these definitions, the first one last in order as in one list of modules.
  x = type: defs: (eval ([ { options.x = mkOption { inherit type; }; } ] ++ lib.reverseList (map (value: { x = value; }) defs))).config.x;
  accepts = type: map type.check;
  # The type of an option that is declared with both.
  joined = a: b: (eval [ { options.x = mkOption { type = b; }; } { options.x = mkOption { type = a; }; } ]).options.x.type;
  describe = map (type: type.description);
  sub = t.submodule { options.a = mkOption { type = t.int; default = 1; }; };
  other = t.submodule { options.b = mkOption { type = t.int; default = 2; }; };
in
{
  "types.isType" = [ (known (map (t.isType "x") [ { _type = "x"; } { } 1 ]) [ true false false ]) ];
  "types.setType" = [ (known (t.setType "x" { a = 1; }) { _type = "x"; a = 1; }) ];
  "types.isOptionType" = [ (known (map t.isOptionType [ t.int 1 (mkOption { }) ]) [ true false false ]) ];
  "types.mkOptionType" = [ (known (let y = t.mkOptionType { name = "n"; }; in [ y.name y.description y.descriptionClass (y.check 1) y.emptyValue y.nestedTypes (y.getSubOptions [ ]) y.getSubModules y.deprecationMessage ]) [ "n" "n" null true { } { } { } null null ]) (known (x (t.mkOptionType { name = "n"; merge = loc: defs: map (d: d.value) defs; }) [ 1 "a" ]) [ 1 "a" ]) ];
  "types.defaultTypeMerge" = [ (known ((t.defaultTypeMerge t.int.functor) t.int.functor).name "int") (known (t.defaultTypeMerge t.int.functor t.str.functor) null) ];
  "types.defaultFunctor" = [ (known (let f = t.defaultFunctor "int"; in [ f.name f.type.name f.payload f.wrapped ]) [ "int" "int" null null ]) ];
  "types.elemTypeFunctor" = [ (known (t.elemTypeFunctor "listOf" t.listOf t.int).name "listOf") ];
  "types.optionDescriptionPhrase" = [ (known (map (t.optionDescriptionPhrase (class: class == "noun")) [ t.int (t.listOf t.int) ]) [ "signed integer" "(list of signed integer)" ]) ];
  "types.types" = [ (known t.types.int.name "int") ];

  "types.raw" = [ (known (x t.raw [ 1 ]) 1) (throws (x t.raw [ 1 1 ])) ];
  "types.anything" = [
    (known (x t.anything [ { a.b = 1; } { a.c = lib.mkIf true "x"; a.d = lib.mkIf false 1; } { a.b = lib.mkForce 2; } ]) { a = { b = 2; c = "x"; }; })
    (known (x t.anything [ 1 1 ]) 1)
    (known (x t.anything [ [ 1 ] [ 1 ] ]) [ 1 ])
    (throws (x t.anything [ [ 1 ] [ 2 ] ]))
    (throws (x t.anything [ 1 "a" ]))
    (known (x t.anything [ (y: { a = y; }) (y: { b = y; }) ] 5) { a = 5; b = 5; })
    (known (x t.anything [ { outPath = "/a"; } ]).outPath "/a")
    (throws (x t.anything [ { outPath = "/a"; } { outPath = "/a"; } ]))
  ];
  "types.unspecified" = [ (known (x t.unspecified [ [ 1 ] [ 2 ] ]) [ 1 2 ]) (known (x t.unspecified [ "a" "b" ]) "ab") ];
  "types.bool" = [ (known (accepts t.bool [ true 1 "true" null ]) [ true false false false ]) (known (x t.bool [ true true ]) true) (throws (x t.bool [ true false ])) (throws (x t.bool [ 1 ])) ];
  "types.boolByOr" = [ (known (x t.boolByOr [ true false ]) true) (known (x t.boolByOr [ false false ]) false) ];
  "types.int" = [ (known (accepts t.int [ 1 1.0 "1" ]) [ true false false ]) (throws (x t.int [ 1 2 ])) (known (x t.int [ 1 1 ]) 1) ];
  "types.ints" = [
    (known (accepts t.ints.unsigned [ 0 (-1) ]) [ true false ])
    (known (accepts t.ints.positive [ 1 0 ]) [ true false ])
    (known (accepts (t.ints.between 2 4) [ 1 2 4 5 ]) [ false true true false ])
    (known (accepts t.ints.u8 [ 0 255 256 (-1) ]) [ true true false false ])
    (known (accepts t.ints.u16 [ 65535 65536 ]) [ true false ])
    (known (accepts t.ints.u32 [ 4294967295 4294967296 ]) [ true false ])
    (known (accepts t.ints.s8 [ (-128) 127 (-129) 128 ]) [ true true false false ])
    (known (accepts t.ints.s16 [ (-32768) 32768 ]) [ true false ])
    (known (accepts t.ints.s32 [ 2147483647 2147483648 ]) [ true false ])
    (known (describe [ t.ints.unsigned t.ints.positive (t.ints.between 1 3) t.ints.u8 t.ints.s16 ]) [ "unsigned integer, meaning >=0" "positive integer, meaning >0" "integer between 1 and 3 (both inclusive)" "8 bit unsigned integer; between 0 and 255 (both inclusive)" "16 bit signed integer; between -32768 and 32767 (both inclusive)" ])
    (throws (t.ints.between 3 1).check)
  ];
  "types.port" = [ (known (accepts t.port [ 0 65535 65536 (-1) "80" ]) [ true true false false false ]) (known t.port.description "16 bit unsigned integer; between 0 and 65535 (both inclusive)") ];
  "types.float" = [ (known (accepts t.float [ 1.5 1 ]) [ true false ]) ];
  "types.number" = [ (known (accepts t.number [ 1.5 1 "1" ]) [ true true false ]) (known t.number.description "signed integer or floating point number") ];
  "types.numbers" = [ (known (accepts t.numbers.positive [ 0.5 0 ]) [ true false ]) (known (accepts t.numbers.nonnegative [ 0 (-0.5) ]) [ true false ]) (known (accepts (t.numbers.between 0 1) [ 0.5 1.5 ]) [ true false ]) (known (describe [ t.numbers.positive (t.numbers.between 0 1.5) ]) [ "positive integer or floating point number, meaning >0" "integer or floating point number between 0 and 1.5 (both inclusive)" ]) ];
  "types.str" = [ (known (accepts t.str [ "a" 1 null /a ]) [ true false false false ]) (throws (x t.str [ "a" "b" ])) (known (x t.str [ "a" "a" ]) "a") ];
  "types.nonEmptyStr" = [ (known (accepts t.nonEmptyStr [ "a" "" " \n" ]) [ true false false ]) ];
  "types.singleLineStr" = [ (known (accepts t.singleLineStr [ "a" "a\n" "a\nb" "" ]) [ true true false true ]) (known (x t.singleLineStr [ "a\n" ]) "a") ];
  "types.strMatching" = [ (known (accepts (t.strMatching "[a-z]+") [ "abc" "ABC" 1 ]) [ true false false ]) (known [ (t.strMatching "a+").name (t.strMatching "a+").description ] [ "strMatching \"a+\"" "string matching the pattern a+" ]) (known (joined (t.strMatching "a") (t.strMatching "a")).name "strMatching \"a\"") (throws (joined (t.strMatching "a") (t.strMatching "b")).name) ];
  "types.separatedString" = [ (known (x (t.separatedString ":") [ "a" "b" ]) "a:b") (known (describe [ (t.separatedString ":") (t.separatedString "") t.lines ]) [ "strings concatenated with \":\"" "strings concatenated with \"\"" "strings concatenated with \"\\n\"" ]) (known (joined (t.separatedString ":") (t.separatedString ":")).name "separatedString") (throws (joined t.lines t.commas).name) ];
  "types.lines" = [ (known (x t.lines [ "a" "b" ]) "a\nb") (known (x t.lines [ (lib.mkAfter "z") "b" (lib.mkBefore "a") ]) "a\nb\nz") ];
  "types.commas" = [ (known (x t.commas [ "a" "b" ]) "a,b") ];
  "types.envVar" = [ (known (x t.envVar [ "a" "b" ]) "a:b") ];
  "types.string" = [ (known (t.string.name) "string") (known (x t.string [ "a" "b" ]) "ab") ];
  "types.passwdEntry" = [ (known (accepts (t.passwdEntry t.str) [ "a" "a:b" "a\nb" ]) [ true false false ]) (known (t.passwdEntry t.str).description "string, not containing newlines or colons") ];
  "types.path" = [ (known (accepts t.path [ "/a" /a "a" 1 "/nix/store/x" ]) [ true true false false true ]) (known t.path.description "absolute path") ];
  "types.pathInStore" = [ (known (accepts t.pathInStore [ "/nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo" "/nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo/z" /nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo "/nix/store/x-y" "/nix/store" "/nix/store/" "/nix/store/.links" "/a" ]) [ true true true false false false false false ]) (known t.pathInStore.description "path in the Nix store") ];
  "types.externalPath" = [ (known (accepts t.externalPath [ "/a" "/nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo" "/nix/store/x-y" /a ]) [ true false true false ]) (known t.externalPath.description "absolute path not in the Nix store") ];
  "types.pathWith" = [ (known (describe [ (t.pathWith { }) (t.pathWith { absolute = false; }) (t.pathWith { inStore = true; }) ]) [ "path" "relative path" "path in the Nix store" ]) (known (accepts (t.pathWith { absolute = false; }) [ "a" "/a" ]) [ true false ]) (throws (t.pathWith { inStore = true; absolute = false; }).name) ];
  "types.luaInline" = [ (known (accepts t.luaInline [ (lib.mkLuaInline "x") "x" ]) [ true false ]) ];
  "types.package" = [ (known (accepts t.package [ { type = "derivation"; } "/nix/store/d945ibfx9x185xf04b890y4f9g3cbb63-python-2.7.11" "/a" 1 ]) [ true true false false ]) ];
  "types.shellPackage" = [ (known (accepts t.shellPackage [ { type = "derivation"; shellPath = "/bin/sh"; } { type = "derivation"; } ]) [ true false ]) ];
  "types.pkgs" = [ (known (accepts t.pkgs [ { _type = "pkgs"; } { } 1 ]) [ true false false ]) ];
  "types.fileset" = [ (known (accepts t.fileset [ (lib.fileset.unions [ ]) { } ]) [ true false ]) ];
  "types.optionType" = [ (known (x t.optionType [ t.int ]).name "int") (known (x t.optionType [ (t.enum [ 1 ]) (t.enum [ 2 ]) ]).description "one of 1, 2") (throws (x t.optionType [ t.int t.str ]).name) ];
  "types.attrs" = [ (known (x t.attrs [ { a = 1; } { b = 2; } ]) { a = 1; b = 2; }) (known (x t.attrs [ { a = 1; } { a = 2; } ]) { a = 2; }) (known (accepts t.attrs [ { } [ ] ]) [ true false ]) ];
  "types.listOf" = [
    (known (x (t.listOf t.int) [ [ 1 ] [ 2 3 ] ]) [ 1 2 3 ])
    (known (x (t.listOf t.int) [ [ 1 (lib.mkIf false 2) (lib.mkIf true 3) ] ]) [ 1 3 ])
    (known (x (t.listOf t.int) [ (lib.mkBefore [ 3 ]) [ ] ]) [ 3 ])
    (throws (x (t.listOf t.int) [ [ "a" ] ]))
    (throws (x (t.listOf t.int) [ 1 ]))
    (known (describe [ (t.listOf t.int) (t.listOf (t.nullOr t.int)) (t.listOf (t.listOf t.int)) ]) [ "list of signed integer" "list of (null or signed integer)" "list of list of signed integer" ])
    (known (x (t.listOf sub) [ [ { } { a = 3; } ] ]) [ { a = 1; } { a = 3; } ])
    (known (t.listOf t.int).emptyValue { value = [ ]; })
  ];
  "types.nonEmptyListOf" = [ (known (x (t.nonEmptyListOf t.int) [ [ 1 ] ]) [ 1 ]) (throws (x (t.nonEmptyListOf t.int) [ [ ] ])) (known (t.nonEmptyListOf t.int).description "non-empty (list of signed integer)") ];
  "types.attrsOf" = [
    (known (x (t.attrsOf (t.listOf t.int)) [ { a = [ 1 ]; } { a = [ 2 ]; b = [ 3 ]; } ]) { a = [ 1 2 ]; b = [ 3 ]; })
    (known (x (t.attrsOf t.int) [ { a = lib.mkIf false 1; b = lib.mkForce 2; } { b = 3; } ]) { b = 2; })
    (throws (x (t.attrsOf t.int) [ { a = "x"; } ]))
    (throws (x (t.attrsOf t.int) [ { a = 1; } { a = 2; } ]))
    (known (describe [ (t.attrsOf t.int) (t.attrsOf (t.either t.int t.str)) ]) [ "attribute set of signed integer" "attribute set of (signed integer or string)" ])
    (known (builtins.attrNames ((t.attrsOf sub).getSubOptions [ "p" ])) [ "_module" "a" ])
    (known ((t.attrsOf sub).getSubOptions [ "p" ]).a.loc [ "p" "<name>" "a" ])
  ];
  "types.lazyAttrsOf" = [ (known (x (t.lazyAttrsOf t.int) [ { a = throw "lazy"; b = 2; } ]).b 2) (known (builtins.attrNames (x (t.lazyAttrsOf t.int) [ { a = lib.mkIf false 1; } ])) [ "a" ]) (throws (x (t.lazyAttrsOf t.int) [ { a = lib.mkIf false 1; } ]).a) (known (x (t.lazyAttrsOf (t.nullOr t.int)) [ { a = lib.mkIf false 1; } ]) { a = null; }) (known (t.lazyAttrsOf t.int).description "lazy attribute set of signed integer") ];
  "types.attrsWith" = [ (known ((t.attrsWith { elemType = sub; placeholder = "id"; }).getSubOptions [ ]).a.loc [ "<id>" "a" ]) (known (t.attrsWith { elemType = t.int; lazy = true; }).name "lazyAttrsOf") (known ((joined (t.attrsWith { elemType = sub; placeholder = "id"; }) (t.attrsOf other)).getSubOptions [ ]).b.loc [ "<id>" "b" ]) (throws (joined (t.attrsOf t.int) (t.lazyAttrsOf t.int)).name) ];
  "types.loaOf" = [ (known (t.loaOf t.int).name "loaOf") ];
  "types.uniq" = [ (known (x (t.uniq t.int) [ 1 ]) 1) (throws (x (t.uniq (t.listOf t.int)) [ [ 1 ] [ 2 ] ])) ];
  "types.unique" = [ (throws (x (t.unique { message = "m"; } t.int) [ 1 1 ])) (known (t.unique { message = "m"; } t.int).description "signed integer") (known (x (t.unique { message = "m"; } t.int) [ (lib.mkDefault 1) 2 ]) 2) ];
  "types.enum" = [
    (known (accepts (t.enum [ "a" 1 null ]) [ "a" 1 null "b" ]) [ true true true false ])
    (known (describe [ (t.enum [ "a" 1 true ]) (t.enum [ "a" ]) (t.enum [ ]) ]) [ "one of \"a\", 1, true" "value \"a\" (singular enum)" "impossible (empty enum)" ])
    (known (joined (t.enum [ "a" "b" ]) (t.enum [ "b" "c" ])).description "one of \"a\", \"b\", \"c\"")
    (throws (x (t.enum [ 1 2 ]) [ 1 2 ]))
  ];
  "types.nullOr" = [ (known (map (v: x (t.nullOr t.int) [ v ]) [ null 1 ]) [ null 1 ]) (known (x (t.nullOr t.int) [ null null ]) null) (throws (x (t.nullOr t.int) [ null 1 ])) (known (t.nullOr t.int).description "null or signed integer") (known (t.nullOr (t.listOf t.int)).description "null or (list of signed integer)") (known (joined (t.nullOr (t.enum [ 1 ])) (t.nullOr (t.enum [ 2 ]))).description "null or one of 1, 2") ];
  "types.either" = [ (known (map (v: x (t.either t.int (t.listOf t.int)) v) [ [ 1 ] [ [ 1 ] [ 2 ] ] ]) [ 1 [ 1 2 ] ]) (throws (x (t.either t.int t.str) [ true ])) (throws (x (t.either t.int t.str) [ 1 "a" ])) (known (describe [ (t.either t.int t.str) (t.either t.ints.positive t.str) (t.either (t.listOf t.int) t.int) (t.either t.int (t.listOf t.int)) ]) [ "signed integer or string" "positive integer, meaning >0, or string" "(list of signed integer) or signed integer" "signed integer or list of signed integer" ]) (known (joined (t.either (t.enum [ 1 ]) t.str) (t.either (t.enum [ 2 ]) t.str)).description "one of 1, 2 or string") ];
  "types.json" = [
    (known (map (v: x t.json [ v ]) [ null true 1 1.5 "a" [ { a = [ null ]; } ] ]) [ null true 1 1.5 "a" [ { a = [ null ]; } ] ])
    (known (x t.json [ { a.b = 1; } { a.c = [ 1 ]; } { a.c = [ 2 ]; } ]) { a = { b = 1; c = [ 1 2 ]; }; })
    (known (x t.json [ (lib.mkForce 1) 2 ]) 1)
    (throws (x t.json [ 1 2 ]))
    (throws (x t.json [ (y: y) ]))
    (known [ t.json.description t.json.name t.json.emptyValue ] [ "JSON value" "nullOr" { value = null; } ])
  ];
  "types.toml" = [
    (known (x t.toml [ { a = 1.5; } { b = "x"; } ]) { a = 1.5; b = "x"; })
    (throws (x t.toml [ null ]))
    (throws (x t.toml [ { a = null; } ]))
    (known [ t.toml.description t.toml.name t.toml.emptyValue ] [ "TOML value" "either" { } ])
  ];
  "types.serializableValueWith" = [
    (known (let y = t.serializableValueWith { typeName = "YAML"; }; in [ y.description (x y [ null ]) ]) [ "YAML value" null ])
    (throws (x (t.serializableValueWith { typeName = "YAML"; nullable = false; }) [ null ]))
  ];
  "types.mergeTypes" = [
    (manual (map (t.mergeTypes (t.enum [ "A" "B" ]) (t.enum [ "X" "Y" ])).check [ "A" "B" "X" "Y" "C" ]) [ true true true true false ])
    (known (t.mergeTypes t.int t.str) { _type = "merge-error"; error = "Cannot merge types"; })
    (throws (t.mergeTypes t.int 1))
  ];
  "types.optionDeclaration" = [ (known (accepts t.optionDeclaration [ (mkOption { }) 1 { _type = "option"; value = 1; } t.int ]) [ true false false false ]) (known t.optionDeclaration.description "option declaration") ];
  "types.noCheckForDocsModule" = [ (known (eval [ t.noCheckForDocsModule { no.such = 1; } ]).config { }) ];
  "types.attrListOf" = [
    (known (x (t.attrListOf t.int) [ { a = 1; b = 2; } [ { a = 3; } ] ]) [ { a = 1; } { b = 2; } { a = 3; } ])
    (known (x (t.attrListOf t.int) [ [ (lib.mkAfter { z = 1; }) { y = 2; } ] { x = lib.mkBefore 3; } ]) [ { x = 3; } { y = 2; } { z = 1; } ])
    (known (x (t.attrListOf t.int) [ { a = lib.mkForce 1; } { a = 2; b = 3; } ]) [ { a = 1; } { b = 3; } ])
    (known (x (t.attrListOf t.int) [ { a = lib.mkBefore (lib.mkForce 1); b = 4; } { b = 2; a = lib.mkAfter 3; } ]) [ { a = 1; } { b = 4; } { b = 2; } ])
    (known (x (t.attrListOf t.int) [ { b = lib.mkForce (lib.mkAfter 1); } { c = 2; } ]) [ { c = 2; } { b = 1; } ])
    (known (x (t.attrListOf t.int) [ { a = lib.mkDefault 1; b = 2; } ]) [ { b = 2; } ])
    (known (x (t.attrListOf t.int) [ { a = lib.mkIf false 1; b = lib.mkIf true 2; } ]) [ { b = 2; } ])
    (known (eval [ { options.x = mkOption { type = t.attrListOf t.int; }; } ]).config.x [ ])
    (known (x (t.attrListOf (t.submodule { options.a = mkOption { type = t.int; default = 1; }; })) [ [ { n = { }; } { n.a = 2; } ] ]) [ { n.a = 1; } { n.a = 2; } ])
    (throws (x (t.attrListOf t.int) [ [ { a = 1; b = 2; } ] ]))
    (throws (x (t.attrListOf t.int) [ [ 1 ] ]))
    (throws (x (t.attrListOf t.int) [ { a = "x"; } ]))
    (throws (x (t.attrListOf t.int) [ 1 ]))
    (known (let y = t.attrListOf (t.listOf t.int); in [ y.description y.name (y.typeMerge y.functor) ]) [ "attribute list of list of signed integer" "attrListOf" null ])
  ];
  "types.attrListWith" = [
    (known (x (t.attrListWith { elemType = t.int; asAttrs = true; }) [ { a = 1; b = 2; } { a = lib.mkBefore 3; } ]) { a = [ 3 1 ]; b = [ 2 ]; })
    (known (x (t.attrListWith { elemType = t.int; asAttrs = true; mergeAttrValues = name: values: "${name}${toString values}"; }) [ { a = 1; } { a = 2; } ]) { a = "a1 2"; })
    (known (eval [ { options.x = mkOption { type = t.attrListWith { elemType = t.int; asAttrs = true; }; }; } ]).config.x { })
  ];
  "types.oneOf" = [ (known (map (v: x (t.oneOf [ t.int t.str t.bool ]) [ v ]) [ 1 "a" true ]) [ 1 "a" true ]) (known (t.oneOf [ t.int t.str t.bool ]).description "signed integer or string or boolean") (throws (t.oneOf [ ]).name) ];
  "types.coercedTo" = [ (known (x (t.coercedTo t.int toString t.str) [ 1 ]) "1") (known (x (t.coercedTo t.int (n: [ n ]) (t.listOf t.int)) [ 1 [ 2 ] ]) [ 1 2 ]) (throws (x (t.coercedTo t.int toString t.str) [ true ])) (known (t.coercedTo t.int toString t.str).description "string or signed integer convertible to it") (throws (t.coercedTo sub toString t.str).name) (throws (joined (t.coercedTo t.int toString t.str) (t.coercedTo t.int toString t.str)).name) ];
  "types.attrTag" = [
    (known (let y = t.attrTag { a = mkOption { type = t.int; }; b = mkOption { type = t.str; default = "d"; }; }; in [ (x y [ { a = 1; } ]) (x y [ { b = "x"; } ]) (y.check { c = 1; }) (y.check { a = 1; b = "x"; }) y.description ]) [ { a = 1; } { b = "x"; } false false "attribute-tagged union with choices: a, b" ])
    (throws (x (t.attrTag { a = mkOption { type = t.int; }; b = mkOption { type = t.int; }; }) [ { a = 1; } { b = 1; } ]))
    (known (x (t.attrTag { a = mkOption { type = t.listOf t.int; apply = map (n: n + 1); }; }) [ { a = [ 1 ]; } { a = [ 2 ]; } ]) { a = [ 2 3 ]; })
    (throws (t.attrTag { a = t.int; }).nestedTypes.a)
    (known (x (joined (t.attrTag { a = mkOption { type = t.int; }; }) (t.attrTag { b = mkOption { type = t.int; }; })) [ { b = 2; } ]) { b = 2; })
  ];
  "types.attrTagWith" = [ (known (x (t.attrTagWith { tags.a = mkOption { type = t.int; }; }) [ { a = 1; } ]) { a = 1; }) ];
  "types.addCheck" = [ (known (accepts (t.addCheck t.int (n: n > 2)) [ 1 3 "a" ]) [ false true false ]) ];
  "types.functionTo" = [ (known (x (t.functionTo (t.listOf t.int)) [ (n: [ n ]) (n: [ (n + 1) ]) ] 1) [ 1 2 ]) (throws (x (t.functionTo t.int) [ (n: "a") ] 1)) (known (lib.functionArgs (x (t.functionTo t.int) [ ({ a, b ? 1 }: a) ])) { a = false; b = true; }) (throws (x (t.functionTo t.int) [ 1 ])) (known (t.functionTo t.int).description "function that evaluates to a(n) signed integer") ];
  "types.submodule" = [
    (known (x sub [ { } ]) { a = 1; })
    (known (x sub [ { a = 2; } ]) { a = 2; })
    (throws (x sub [ { b = 2; } ]))
    (known (x (t.submodule ({ config, ... }: { options = { a = mkOption { default = 1; }; b = mkOption { default = config.a + 1; }; }; })) [ { a = 5; } ]) { a = 5; b = 6; })
    (known (x (t.attrsOf (t.submodule ({ name, ... }: { options.n = mkOption { default = name; }; }))) [ { k = { }; } ]) { k.n = "k"; })
    (known (x sub [ ({ lib, ... }: { a = lib.mkForce 7; }) { a = 3; } ]) { a = 7; })
    (known (x (t.submodule [ { options.a = mkOption { default = 1; }; } { options.b = mkOption { default = 2; }; } ]) [ { } ]) { a = 1; b = 2; })
    # What it takes is configuration, whatever its names.
    (known (x (t.submodule { options.config = mkOption { type = t.int; }; options.imports = mkOption { type = t.int; }; }) [ { config = 1; imports = 2; } ]) { config = 1; imports = 2; })
    (known (x (t.submodule { freeformType = t.attrsOf t.int; options.a = mkOption { default = 1; }; }) [ { b = 2; } ]) { a = 1; b = 2; })
    (known (t.submodule { freeformType = t.attrsOf t.int; }).description "open submodule of attribute set of signed integer")
    (known (x (joined sub other) [ { } ]) { a = 1; b = 2; })
    (known (x (t.listOf (t.submodule { options.l = mkOption { type = t.listOf t.int; default = [ ]; }; })) [ [ { l = lib.mkMerge [ [ 1 ] [ 2 ] ]; } ] ]) [ { l = [ 1 2 ]; } ])
    (known sub.emptyValue { value = { a = 1; }; })
    (known (builtins.attrNames (sub.getSubOptions [ ])) [ "_module" "a" ])
  ];
  "types.submoduleWith" = [
    (known (x (t.submoduleWith { modules = [ ({ y, ... }: { options.a = mkOption { default = y; }; }) ]; specialArgs.y = 4; }) [ { } ]) { a = 4; })
    (known (x (t.submoduleWith { modules = [ ]; }) [ { options.z = mkOption { default = 1; }; } ]) { z = 1; })
    (throws (x (t.submoduleWith { modules = [ ]; shorthandOnlyDefinesConfig = true; }) [ { options.z = mkOption { default = 1; }; } ]))
    (known (t.submoduleWith { modules = [ ]; description = "thing"; }).description "thing")
    (throws (x (joined (t.submoduleWith { modules = [ ]; shorthandOnlyDefinesConfig = true; }) (t.submoduleWith { modules = [ ]; shorthandOnlyDefinesConfig = false; })) [ { } ]))
    (throws (x (t.submoduleWith { modules = [ ]; class = "a"; }) [ { _class = "b"; } ]))
  ];
  "types.deferredModule" = [ (known (let m = x t.deferredModule [ { a = 1; } ({ lib, ... }: { b = 2; }) ]; in (eval [ { options = { a = mkOption { }; b = mkOption { }; }; } m ]).config) { a = 1; b = 2; }) (known (lib.hasSuffix ", via option x" (lib.head (x t.deferredModule [ { a = 1; } ]).imports)._file) true) (known t.deferredModule.description "module") ];
  "types.deferredModuleWith" = [ (known (let m = x (t.deferredModuleWith { staticModules = [ { options.a = mkOption { default = 1; }; } ]; }) [ { a = 2; } ]; in (eval [ m ]).config) { a = 2; }) ];
}
