# What a package was made from.
{ lib }:
lib.mapAttrs (shortName: v: v // { inherit shortName; }) {
  fromSource.isSource = true;
  binaryNativeCode.isSource = false;
  binaryBytecode.isSource = false;
  binaryFirmware.isSource = false;
  obfuscatedCode.isSource = false;
}
