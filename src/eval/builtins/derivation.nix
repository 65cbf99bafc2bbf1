# `derivation`: wraps what `derivationStrict` computes in one lazy set for each output.
arguments@{ outputs ? [ "out" ], ... }:
let
  computed = derivationStrict arguments;
  common = arguments // builtins.listToAttrs results // {
    all = map (result: result.value) results;
    drvAttrs = arguments;
  };
  results = map
    (outputName: {
      name = outputName;
      value = common // {
        inherit outputName;
        inherit (computed) drvPath;
        outPath = computed.${outputName};
        type = "derivation";
      };
    })
    outputs;
in
(builtins.head results).value
