# A module that is not here may name more folders.
{ vary, lib, ... }:
{ modules = [ { environment.persistence = lib.mkIf (vary false true) { "/other" = { }; }; } ]; }
