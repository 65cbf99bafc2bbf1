{ __toString = _: "a"; } + { __toString = _: "b"; }
