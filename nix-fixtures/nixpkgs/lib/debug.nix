# Tracing, and tests of pure functions.
{ lib }:
rec {
  inherit (builtins) trace addErrorContext unsafeGetAttrPos;
  traceIf = condition: message: value: if condition then builtins.trace message value else value;
  traceVal = traceValFn lib.id;
  traceValFn = f: value: builtins.trace (f value) value;
  traceSeq = message: value: builtins.trace (builtins.deepSeq message message) value;
  traceValSeq = value: traceSeq value value;

  # The tests whose `expr` is not what is `expected`. Only names that start with `test` count.
  runTests =
    tests:
    builtins.concatLists (
      lib.mapAttrsToList (
        name: test:
        lib.optional (lib.hasPrefix "test" name && test.expr != test.expected) {
          inherit name;
          inherit (test) expected;
          result = test.expr;
        }
      ) (builtins.removeAttrs tests [ "tests" ])
    );
  testAllTrue = expr: {
    inherit expr;
    expected = map (_: true) expr;
  };
}
