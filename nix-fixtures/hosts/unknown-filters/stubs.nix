{ vary, ... }: { args.vars = { c = vary true false; extra = vary true false; }; modules = [ { fixture.missing = true; } ]; }
