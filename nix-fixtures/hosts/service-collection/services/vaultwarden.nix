{ lib, ... }:
{
  collection.services.vaultwarden = { host = 11; ports = { http = 8222; ws = 3012; }; container = { autoStart = false; ephemeral = lib.mkDefault true; }; };
}
