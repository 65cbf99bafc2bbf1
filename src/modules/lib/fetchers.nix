# Hashes of fetched files, however they are given.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    head
    intersectAttrs
    length
    removeAttrs
    ;

  hashTypes = [ "sha256" "sha512" ];
  fake = {
    sha256 = lib.fakeSha256;
    sha512 = lib.fakeSha512;
  };
  # { outputHash, outputHashAlgo } of arguments with one of `hash`, `sha256`, …
  normalizeHash =
    {
      hashTypes ? [ "sha256" ],
      required ? true,
    }:
    args:
    let
      names = [ "hash" ] ++ hashTypes;
      given = filter (name: args ? ${name}) ([ "outputHash" ] ++ names);
      shown = concatStringsSep " or " names;
      name = head given;
      value = args.${name};
      rest = removeAttrs args given;
    in
    if args ? outputHash && length given == 1 then
      args
    else if given == [ ] then
      if required then
        throw "fetchers.normalizeHash: a hash must be given: ${shown}"
      else
        args
    else if length given > 1 then
      throw "fetchers.normalizeHash: only one of ${shown} may be given, not ${concatStringsSep " and " given}"
    else
      rest
      // (
        if name == "hash" then
          {
            outputHash = if value == "" then lib.fakeHash else value;
            outputHashAlgo = if value == "" then "sha256" else null;
          }
        else
          {
            outputHash = if value == "" then fake.${name} else value;
            outputHashAlgo = name;
          }
      );
in
{
  proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
    "ftp_proxy"
    "all_proxy"
    "no_proxy"
    "HTTP_PROXY"
    "HTTPS_PROXY"
    "FTP_PROXY"
    "ALL_PROXY"
    "NO_PROXY"
    "NIX_SSL_CERT_FILE"
  ];
  inherit normalizeHash;
  withNormalizedHash =
    {
      hashTypes ? [ "sha256" ],
    }:
    f:
    let
      names = [ "hash" ] ++ hashTypes;
      wanted = lib.functionArgs f;
    in
    assert wanted ? outputHash && wanted ? outputHashAlgo;
    lib.setFunctionArgs (args: f (normalizeHash { inherit hashTypes; } args)) (
      removeAttrs wanted [ "outputHash" "outputHashAlgo" ] // lib.genAttrs names (_: true)
    );
}
