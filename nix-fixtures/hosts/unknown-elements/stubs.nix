{ vary, ... }: { args.site.web = vary true false; modules = [ { fixture.missing = true; } ]; }
