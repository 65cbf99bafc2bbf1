let a = 1; in { inherit "a"; inherit ({ "b c" = 2; }) "b c"; }
