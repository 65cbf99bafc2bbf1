{
  lib,
  site,
  perSystem,
  names,
  ...
}:
{
  containers = lib.listToAttrs (
    lib.imap1 (
      n: name:
      lib.nameValuePair name {
        privateNetwork = true;
        hostAddress = "${site.net}.1";
        localAddress = "${site.net}.${toString (n + 1)}";
        extraFlags = perSystem.flags ++ names;
        config = { };
      }
    ) site.names
  );
}
