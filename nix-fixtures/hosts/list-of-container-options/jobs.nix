{ lib, ... }:
{
  jobs = lib.mkMerge [
    [ { name = "second"; } ]
    (lib.mkBefore [ { name = "first"; preset = "large"; } ])
    (lib.mkAfter [ { name = "last"; extra = { ephemeral = false; tmpfs = [ "/t" ]; }; } ])
    (lib.mkIf false [ { name = "never"; } ])
  ];
}
