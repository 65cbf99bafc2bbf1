"${ { __toString = _: { __toString = _: "deep"; }; } }"
