# Network addresses.
{ lib }:
let
  inherit (builtins)
    all
    bitXor
    elemAt
    filter
    head
    length
    match
    ;
  inherit (lib)
    concatStringsSep
    fromHexString
    replicate
    splitString
    toHexString
    toLower
    ;

  fail = text: reason: throw "'${text}' is not a valid IPv6 address: ${reason}";

  # The eight groups as numbers.
  groups =
    text: address:
    let
      halves = splitString "::" address;
      parts = half: if half == "" then [ ] else splitString ":" half;
      left = parts (head halves);
      right = if length halves == 2 then parts (elemAt halves 1) else [ ];
      missing = 8 - length left - length right;
      written =
        if length halves > 2 then
          fail text "`::` may appear once only"
        else if length halves == 1 then
          if missing == 0 then left else fail text "it must have eight groups"
        else if missing < 1 then
          fail text "it has too many groups"
        else
          left ++ replicate missing "0" ++ right;
    in
    if !(all (group: match "[0-9A-Fa-f]{1,4}" group != null) written) then
      fail text "a group is one to four hexadecimal digits"
    else
      map fromHexString written;

  show = numbers: concatStringsSep ":" (map (n: toLower (toHexString n)) numbers);
in
{
  ipv6 = {
    # { address, prefixLength } of an address in any notation, with or without a prefix length.
    fromString =
      text:
      let
        parts = splitString "/" text;
        prefix = if length parts == 2 then elemAt parts 1 else "128";
        number = lib.toIntBase10 prefix;
      in
      if length parts > 2 then
        fail text "`/` may appear once only"
      else if match "[0-9]{1,3}" prefix == null || number > 128 then
        fail text "the prefix length must be between 0 and 128"
      else
        {
          address = show (groups text (head parts));
          prefixLength = number;
        };
    # The second half of an address that is made of a MAC address.
    mkEUI64Suffix =
      mac:
      let
        octet = "([0-9A-Fa-f]{2})";
        octets = match (concatStringsSep "[-:.]?" (replicate 6 octet)) mac;
        byte = elemAt octets;
      in
      if octets == null then
        throw ''"${mac}" is not a valid MAC address (expected 6 octets of hex digits)''
      else
        # The first group is a number, whose zeros in front nixpkgs leaves away; the others are texts.
        toLower (
          concatStringsSep ":" [
            (toHexString (bitXor (fromHexString (byte 0 + byte 1)) 512))
            "${byte 2}ff"
            "fe${byte 3}"
            "${byte 4}${byte 5}"
          ]
        );
  };
}
