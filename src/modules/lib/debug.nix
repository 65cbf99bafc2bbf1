# Tracing, and tests of pure functions.
{ lib }:
let
  inherit (builtins) deepSeq isAttrs isList trace;

  # The outer levels of a value, so that a trace of it ends.
  snip =
    v:
    if isList v then
      if v == [ ] then [ ] else "[…]"
    else if isAttrs v then
      if v == { } then { } else "{…}"
    else
      v;
  outer =
    depth: v:
    if depth == 0 then
      snip v
    else if isList v then
      map (outer (depth - 1)) v
    else if isAttrs v then
      builtins.mapAttrs (_: outer (depth - 1)) v
    else
      v;
  pretty = lib.generators.toPretty { allowPrettyValues = true; };
in
{
  inherit (builtins) addErrorContext trace unsafeGetAttrPos;

  traceIf = condition: message: value: if condition then trace message value else value;
  traceValFn = f: value: trace (f value) value;
  traceVal = lib.debug.traceValFn lib.id;
  traceSeq = shown: value: trace (deepSeq shown shown) value;
  traceSeqN = depth: shown: value: trace (pretty (outer depth shown)) value;
  traceValSeqFn = f: value: lib.debug.traceValFn f (deepSeq value value);
  traceValSeq = lib.debug.traceValSeqFn lib.id;
  traceValSeqNFn = f: depth: value: lib.debug.traceSeqN depth (f value) value;
  traceValSeqN = lib.debug.traceValSeqNFn lib.id;
  # Traces a call of `f` with its result.
  traceFnSeqN =
    depth: name: f: value:
    let
      result = f value;
    in
    lib.debug.traceSeqN (depth + 1) {
      fn = name;
      from = value;
      to = result;
    } result;

  # The tests whose `expr` is not what is `expected`. Only names that start with `test` count, or those in `tests`.
  runTests =
    tests:
    builtins.concatLists (
      lib.mapAttrsToList (
        name: test:
        if
          (if tests ? tests then builtins.elem name tests.tests else lib.hasPrefix "test" name)
          && name != "tests"
          && test.expr != test.expected
        then
          [
            {
              inherit name;
              inherit (test) expected;
              result = test.expr;
            }
          ]
        else
          [ ]
      ) tests
    );
  throwTestFailures =
    {
      failures,
      description ? "tests",
      ...
    }:
    if failures == [ ] then
      null
    else
      throw (
        "${toString (builtins.length failures)} ${description} failed:\n"
        + lib.concatMapStringsSep "\n" (
          f: "- ${f.name}: expected ${lib.generators.toPretty { } f.expected}, got ${lib.generators.toPretty { } f.result}"
        ) failures
      );
  testAllTrue = expr: {
    inherit expr;
    expected = map (_: true) expr;
  };
}
