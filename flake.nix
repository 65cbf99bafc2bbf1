{
  description = "nixos-rebuild for NixOS containers, without rebuilding the host";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "container-rebuild";
          version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          # The scenarios need a systemd host of their own; `make test` runs them.
          cargoTestFlags = [ "--lib" ];
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            installShellCompletion --cmd container-rebuild \
              --bash <($out/bin/container-rebuild completions bash) \
              --fish <($out/bin/container-rebuild completions fish) \
              --zsh <($out/bin/container-rebuild completions zsh)
            mkdir man && $out/bin/container-rebuild man --out man && installManPage man/*
          '';
          meta = {
            description = "nixos-rebuild for NixOS containers, without rebuilding the host";
            license = pkgs.lib.licenses.mit;
            platforms = systems;
            mainProgram = "container-rebuild";
          };
        };
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.rustc
            pkgs.clippy
            pkgs.rustfmt
            pkgs.cargo-nextest
            pkgs.cargo-insta
          ];
        };
      });
    };
}
