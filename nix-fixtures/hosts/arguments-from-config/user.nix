{ site, helpers, lib, ... }: { containers.user = { extraFlags = [ (helpers.flag "DOMAIN" site.domain) ] ++ lib.optional (site ? other) "never"; config = { }; }; }
