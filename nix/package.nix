# container-rebuild with its man pages and completions, for `callPackage`.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
  nftables,
}:
let
  manifest = (builtins.fromTOML (builtins.readFile ../Cargo.toml)).package;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;

  # What cargo reads: a change of anything else, such as a document, is no reason to build again. cargo wants the tests and
  # benchmarks that Cargo.toml names even where it builds none of them.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../benches
      ../src
      ../tests
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  # The program loads its rules with this nft: a host that has none on PATH, as NixOS by default, needs no other. Nix and
  # systemd-nspawn have to be those of the host, and are looked up there.
  env.CONTAINER_REBUILD_NFT = "${lib.getBin nftables}/bin/nft";

  # All other tests need the repository, or a systemd host of their own; `make test` runs them.
  cargoTestFlags = [ "--lib" ];

  nativeBuildInputs = [ installShellFiles ];
  # They are printed by the program, which does not run here if it was built for another platform.
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    installShellCompletion --cmd ${manifest.name} \
      --bash <($out/bin/${manifest.name} completions bash) \
      --fish <($out/bin/${manifest.name} completions fish) \
      --zsh <($out/bin/${manifest.name} completions zsh)
    mkdir man
    $out/bin/${manifest.name} man --out man
    installManPage man/*
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = manifest.name;
  };
}
