throw { __toString = _: "made"; }
