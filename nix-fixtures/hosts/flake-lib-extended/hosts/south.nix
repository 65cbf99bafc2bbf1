{ lib, ... }:
{ containers.solo = lib.own.veth { id = 9; } // { config = { }; }; }
