# Licences that are made of others, as in `OR [ mit asl20 ]`, and questions to them.
{ lib }:
let
  inherit (builtins) all any elem;

  compound = operator: licenses: {
    licenseType = "compound";
    inherit operator licenses;
  };

  # What `ask` says of a licence: of several it has to hold for one, or for all, by how permissive the question is.
  evaluate =
    ask: permissive:
    let
      of =
        license:
        let
          kind = license.licenseType;
          some = (license.operator == "OR") == permissive;
        in
        if kind == "simple" then
          ask license
        else if kind == "compound" then
          if license.operator != "OR" && license.operator != "AND" then
            throw "Unknown license operator"
          else
            (if some then any else all) of license.licenses
        else if kind == "exception" then
          of license.license && of license.exception
        else if kind == "plus" then
          of license.license
        else
          throw "Unknown license type or legacy license";
    in
    of;

  toSPDX =
    license:
    let
      kind = license.licenseType;
      part = x: if x.licenseType == "compound" || x.licenseType == "exception" then "(${toSPDX x})" else toSPDX x;
    in
    if kind == "simple" then
      license.spdxId or "LicenseRef-nixos-${license.shortName}"
    else if kind == "compound" then
      lib.concatMapStringsSep " ${license.operator} " part license.licenses
    else if kind == "exception" then
      "${part license.license} ${license.operator} ${part license.exception}"
    else if kind == "plus" then
      part license.license + license.operator
    else
      throw "Unknown license type";
in
{
  OR = compound "OR";
  AND = compound "AND";
  WITH = license: exception: {
    licenseType = "exception";
    operator = "WITH";
    inherit license exception;
  };
  PLUS = license: {
    licenseType = "plus";
    operator = "+";
    inherit license;
  };

  evaluateProperty = evaluate;
  evaluateNamedProperty = name: evaluate (license: license.${name});
  isFree = evaluate (license: license.free) true;
  isRedistributable = evaluate (license: license.redistributable) true;
  containsLicenses = licenses: evaluate (license: elem license licenses) false;
  inherit toSPDX;
}
