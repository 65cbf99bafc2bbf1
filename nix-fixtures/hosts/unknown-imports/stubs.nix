{ vary, ... }: { args.flavour = { tunnel = vary true false; big = vary false true; }; modules = [ { fixture.missing = true; } ]; }
