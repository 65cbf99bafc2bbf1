{
  outputs = _: {
    lib.eachSystem = systems: f: builtins.foldl' (
      all: system:
      let
        one = f system;
      in
      builtins.foldl' (all: name: all // { ${name} = (all.${name} or { }) // { ${system} = one.${name}; }; }) all (builtins.attrNames one)
    ) { } systems;
  };
}
