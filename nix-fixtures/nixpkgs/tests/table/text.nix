# lib.generators, lib.gvariant, lib.cli, lib.network
{ lib, manual, known, throws }:
let
  g = lib.generators;
  v = lib.gvariant;
  c = lib.cli;
  n = lib.network;
  text = x: toString (v.mkValue x);
in
{
  "generators.mkValueStringDefault" = [ (known (map (g.mkValueStringDefault { }) [ 1 "a" true false null { type = "derivation"; outPath = "/p"; } ]) [ "1" "a" "true" "false" "null" "/p" ]) (known (g.mkValueStringDefault { } 1.5) "1.500000") ];
  "generators.mkKeyValueDefault" = [ (manual (g.mkKeyValueDefault { } ":" "f:oo" "bar") "f\\:oo:bar") (known (g.mkKeyValueDefault { mkValueString = v: if v == true then "yes" else "no"; } "=" "a" true) "a=yes") ];
  "generators.toKeyValue" = [ (known (g.toKeyValue { } { a = 1; b = "x"; }) "a=1\nb=x\n") (known (g.toKeyValue { indent = "  "; } { a = 1; }) "  a=1\n") (known (g.toKeyValue { listsAsDuplicateKeys = true; } { a = [ 1 2 ]; b = 3; }) "a=1\na=2\nb=3\n") (known (g.toKeyValue { } { }) "") ];
  "generators.toINI" = [ (manual (g.toINI { } { foo = { hi = "\${pkgs.hello}"; ciao = "bar"; }; baz = { "also, integers" = 42; }; }) "[baz]\nalso, integers=42\n\n[foo]\nciao=bar\nhi=\${pkgs.hello}\n") (known (g.toINI { mkSectionName = lib.toUpper; mkKeyValue = g.mkKeyValueDefault { } " = "; } { a.b = 1; }) "[A]\nb = 1\n") (known (g.toINI { } { "a]" = { }; }) "[a\\]]\n") (known (g.toINI { } { }) "") (known (g.toINI { listsAsDuplicateKeys = true; } { a.b = [ 1 2 ]; }) "[a]\nb=1\nb=2\n") ];
  "generators.toINIWithGlobalSection" = [ (manual (g.toINIWithGlobalSection { } { globalSection.someGlobalKey = "hi"; sections.foo.ciao = "bar"; }) "someGlobalKey=hi\n\n[foo]\nciao=bar\n") (known (g.toINIWithGlobalSection { } { globalSection = { }; sections.a.b = 1; }) "[a]\nb=1\n") ];
  "generators.toGitINI" = [ (manual (g.toGitINI { url."ssh://git@example.org/".insteadOf = "https://example.org"; user.name = "edolstra"; }) "[url \"ssh://git@example.org/\"]\n\tinsteadOf = \"https://example.org\"\n\n[user]\n\tname = \"edolstra\"\n") (known (g.toGitINI { a.b.c = 1; core.x = [ "1" true ]; }) "[a \"b\"]\n\tc = 1\n\n[core]\n\tx = \"1\"\n\tx = true\n") ];
  "generators.mkDconfKeyValue" = [ (known (g.mkDconfKeyValue "a" [ "x" ]) "a=@as ['x']") ];
  "generators.toDconfINI" = [ (known (g.toDconfINI { "org/gnome".a = true; }) "[org/gnome]\na=true\n") ];
  "generators.withRecursion" = [ (known (g.withRecursion { depthLimit = 1; throwOnDepthLimit = false; } { a = 1; b.c = 2; b.d = [ ]; }) { a = "<unevaluated>"; b = { c = "<unevaluated>"; d = "<unevaluated>"; }; }) (known (g.withRecursion { depthLimit = 2; throwOnDepthLimit = false; } { a = 1; b.c = 2; b.d = [ 1 ]; }) { a = 1; b = { c = "<unevaluated>"; d = [ "<unevaluated>" ]; }; }) (throws (g.withRecursion { depthLimit = 1; } { b.c = 2; })) (known (g.withRecursion { depthLimit = 5; } { b.c = [ 2 ]; }) { b.c = [ 2 ]; }) ];
  "generators.toPretty" = [
    (known (g.toPretty { } { a = [ 1 "x" ]; "b c" = null; }) "{\n  a = [\n    1\n    \"x\"\n  ];\n  \"b c\" = null;\n}")
    (known (g.toPretty { multiline = false; } { a = [ 1 1.5 true ]; f = x: x; g = { a, b ? 1 }: a; }) "{ a = [ 1 1.5 true ]; f = <function>; g = <function, args: {a, b?}>; }")
    (known (map (g.toPretty { }) [ [ ] { } "a\"\${b}\\" { type = "derivation"; name = "d"; } { type = "derivation"; } /a ]) [ "[ ]" "{ }" "\"a\\\"\\\${b}\\\\\"" "<derivation d>" "<derivation ???>" "/a" ])
    (known (g.toPretty { } "one\ntwo\n") "''\n  one\n  two\n''")
    (known (g.toPretty { } "one\ntwo") "''\n  one\n  two''")
    (known (g.toPretty { multiline = false; } "one\ntwo") "\"one\\ntwo\"")
    (known (g.toPretty { allowPrettyValues = true; } { __pretty = val: "pretty ${val}"; val = "x"; }) "pretty x")
    (known (g.toPretty { indent = "    "; } [ 1 ]) "[\n      1\n    ]")
  ];
  "generators.toJSON" = [ (known (g.toJSON { } { a = [ 1 null ]; }) "{\"a\":[1,null]}") ];
  "generators.toYAML" = [ (known (g.toYAML { } [ "a" ]) "[\"a\"]") ];
  "generators.toPlist" = [ (known (builtins.match ".*(<dict>.*</dict>)\n</plist>" (g.toPlist { } { a = true; b = [ 1 "x" ]; c = null; d = 1.5; })) [ "<dict>\n\t<key>a</key>\n\t<true/>\n\t<key>b</key>\n\t<array>\n\t\t<integer>1</integer>\n\t\t<string>x</string>\n\t</array>\n\t<key>d</key>\n\t<real>1.500000</real>\n</dict>" ]) (known (lib.hasInfix "<string>&lt;</string>" (g.toPlist { escape = true; } "<")) true) ];
  "generators.toDhall" = [ (known (g.toDhall { } { a = 1; b = -2; c = [ true false ]; d = "x"; }) "{ a = +1, b = -2, c = [ True, False ], d = \"x\" }") ];
  "generators.toLua" = [
    (manual (g.toLua { } { cmd = [ "typescript-language-server" "--stdio" ]; settings.workspace.library = g.mkLuaInline "vim.api.nvim_get_runtime_file(\"\", true)"; }) "{\n  [\"cmd\"] = {\n    \"typescript-language-server\",\n    \"--stdio\"\n  },\n  [\"settings\"] = {\n    [\"workspace\"] = {\n      [\"library\"] = (vim.api.nvim_get_runtime_file(\"\", true))\n    }\n  }\n}")
    (known (g.toLua { multiline = false; } { a = [ 1 2.5 null true ]; }) "{ [\"a\"] = { 1, 2.5, nil, true } }")
    (known (g.toLua { asBindings = true; } { a = 1; "b.c" = "x"; }) "a = 1\nb.c = \"x\"\n")
    (throws (g.toLua { asBindings = true; } { "a b" = 1; }))
    (known (map (g.toLua { }) [ [ ] { } ]) [ "{}" "{}" ])
  ];
  "generators.mkLuaInline" = [ (known (g.mkLuaInline "x()") { _type = "lua-inline"; expr = "x()"; }) ];

  "gvariant.type" = [ (known [ (v.type.arrayOf v.type.string) (v.type.maybeOf "i") (v.type.tupleOf [ "s" "b" ]) (v.type.dictionaryEntryOf "s" "v") ] [ "as" "mi" "(sb)" "{sv}" ]) ];
  "gvariant.isGVariant" = [ (known (map v.isGVariant [ (v.mkInt32 1) 1 ]) [ true false ]) ];
  "gvariant.intConstructors" = [ (known (map (x: x.name) v.intConstructors) [ "mkInt32" "mkUint32" "mkInt64" "mkUint64" "mkInt16" "mkUint16" "mkUchar" ]) ];
  "gvariant.mkValue" = [ (known (map text [ true 1.5 "it's" [ "a" "b" ] (v.mkInt32 1) ]) [ "true" "1.500000" "'it\\'s'" "@as ['a','b']" "1" ]) (throws (text null)) (throws (text 1)) (throws (text { a = true; })) ];
  "gvariant.mkArray" = [ (known (toString (v.mkArray (map v.mkInt32 [ 1 2 ]))) "@ai [1,2]") (throws (toString (v.mkArray [ true "a" ]))) (throws (toString (v.mkArray [ ]))) ];
  "gvariant.mkEmptyArray" = [ (known (toString (v.mkEmptyArray v.type.string)) "@as []") ];
  "gvariant.mkVariant" = [ (known (toString (v.mkVariant "foo")) "<'foo'>") ];
  "gvariant.mkDictionaryEntry" = [ (known (toString (v.mkDictionaryEntry "a" true)) "@{sb} {'a',true}") (known (text [ (v.mkDictionaryEntry "a" (v.mkVariant "x")) ]) "@a{sv} [@{sv} {'a',<'x'>}]") ];
  "gvariant.mkMaybe" = [ (known (toString (v.mkMaybe v.type.string null)) "@ms nothing") ];
  "gvariant.mkNothing" = [ (known (toString (v.mkNothing v.type.int32)) "@mi nothing") ];
  "gvariant.mkJust" = [ (known (toString (v.mkJust "x")) "just 'x'") ];
  "gvariant.mkTuple" = [ (known (toString (v.mkTuple [ (v.mkUint16 1) "a" ])) "@(qs) (@q 1,'a')") ];
  "gvariant.mkBoolean" = [ (known (toString (v.mkBoolean false)) "false") ];
  "gvariant.mkString" = [ (known (toString (v.mkString "a\nb")) "'a\\nb'") ];
  "gvariant.mkObjectpath" = [ (known (toString (v.mkObjectpath "/a")) "objectpath '/a'") ];
  "gvariant.mkUchar" = [ (known (toString (v.mkUchar 5)) "@y 5") ];
  "gvariant.mkInt16" = [ (known (toString (v.mkInt16 5)) "@n 5") ];
  "gvariant.mkUint16" = [ (known (toString (v.mkUint16 5)) "@q 5") ];
  "gvariant.mkInt32" = [ (known (toString (v.mkInt32 5)) "5") ];
  "gvariant.mkUint32" = [ (known (toString (v.mkUint32 5)) "@u 5") ];
  "gvariant.mkInt64" = [ (known (toString (v.mkInt64 5)) "@x 5") ];
  "gvariant.mkUint64" = [ (known (toString (v.mkUint64 5)) "@t 5") ];
  "gvariant.mkDouble" = [ (known (toString (v.mkDouble 5.25)) "5.250000") ];

  "cli.toGNUCommandLine" = [
    (manual (c.toGNUCommandLine { } { data = "{\"id\":0}"; X = "PUT"; retry = 3; retry-delay = null; url = [ "a" "b" ]; silent = false; verbose = true; }) [ "-X" "PUT" "--data" "{\"id\":0}" "--retry" "3" "--url" "a" "--url" "b" "--verbose" ])
    (known (c.toGNUCommandLine { optionValueSeparator = "="; } { a = 1; long = "x"; }) [ "-a=1" "--long=x" ])
  ];
  "cli.toGNUCommandLineShell" = [ (manual (c.toGNUCommandLineShell { } { X = "PUT"; data = "{\"id\":0}"; }) "-X PUT --data '{\"id\":0}'") ];
  "cli.toCommandLine" = [ (known (c.toCommandLine (name: { option = "-${name}"; sep = null; explicitBool = true; }) { a = true; b = [ 1 2 ]; c = null; }) [ "-a" "true" "-b" "1" "-b" "2" ]) ];
  "cli.toCommandLineShell" = [ (known (c.toCommandLineShell (name: { option = "-${name}"; sep = "="; explicitBool = false; }) { a = true; b = "x y"; }) "-a '-b=x y'") ];
  "cli.toCommandLineGNU" = [ (known (c.toCommandLineGNU { } { v = true; X = "PUT"; data = "x"; verbose = true; no = false; }) [ "-XPUT" "--data=x" "-v" "--verbose" ]) ];
  "cli.toCommandLineShellGNU" = [ (known (c.toCommandLineShellGNU { } { data = "a b"; }) "'--data=a b'") ];

  "mkEUI64Suffix" = [ (manual (lib.mkEUI64Suffix "66:75:63:6B:20:75") "6475:63ff:fe6b:2075") (known (map lib.mkEUI64Suffix [ "66-75-63-6b-20-75" "02000000000a" "6475.63fe.2075" ]) [ "6475:63ff:fe6b:2075" "0:00ff:fe00:000a" "6675:63ff:fefe:2075" ]) (throws (lib.mkEUI64Suffix "66:75")) ];
  "network.ipv6" = [
    (manual (n.ipv6.fromString "2001:DB8::ffff/32") { address = "2001:db8:0:0:0:0:0:ffff"; prefixLength = 32; })
    (known (n.ipv6.fromString "::") { address = "0:0:0:0:0:0:0:0"; prefixLength = 128; })
    (known (n.ipv6.fromString "1:2:3:4:5:6:7:8") { address = "1:2:3:4:5:6:7:8"; prefixLength = 128; })
    (throws (n.ipv6.fromString "fe80::1%0"))
    (throws (n.ipv6.fromString "1:2:3"))
    (throws (n.ipv6.fromString "1::2::3"))
    (throws (n.ipv6.fromString "::/129"))
    (throws (n.ipv6.fromString "12345::"))
    (manual (n.ipv6.mkEUI64Suffix "66:75:63:6B:20:75") "6475:63ff:fe6b:2075")
    (throws (n.ipv6.mkEUI64Suffix "66:75:63"))
  ];
}
