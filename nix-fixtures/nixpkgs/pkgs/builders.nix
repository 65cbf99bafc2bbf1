# Ways to make packages. Every build is one busybox shell script.
{
  lib,
  system,
  guest,
}:
let
  # `runCommand`, with the script and all that is long handed over in files (an environment has a limit).
  build =
    name: env: script:
    let
      drv = derivation (
        {
          inherit name system;
          builder = "${guest.busybox}/bin/busybox";
          args = [ "sh" "-e" "-c" ''PATH=$NIX_BUILD_TOP/.bin; "$builder" mkdir "$PATH"; "$builder" --install -s "$PATH"; . "$scriptPath"'' ];
          passAsFile = [ "script" ] ++ env.passAsFile or [ ];
          inherit script;
        }
        // builtins.removeAttrs env [ "passAsFile" "meta" "passthru" "preferLocalBuild" "allowSubstitutes" ]
      );
    in
    drv
    // {
      pname = name;
      meta = env.meta or { };
    }
    // env.passthru or { };
in
rec {
  runCommand = build;
  runCommandLocal = build;
  runCommandNoCC = build;
  runCommandCC = build;

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      ...
    }:
    build name
      {
        inherit text meta;
        passAsFile = [ "text" ];
      }
      ''
        target=$out${lib.escapeShellArg destination}
        mkdir -p "$(dirname "$target")"
        cp "$textPath" "$target"
        chmod ${if executable then "+x" else "a+r"} "$target"
      '';
  writeText = name: text: writeTextFile { inherit name text; };
  writeTextDir = path: text: writeTextFile { name = baseNameOf path; inherit text; destination = "/${path}"; };
  writeScript = name: text: writeTextFile { inherit name text; executable = true; };
  writeScriptBin = name: text: writeTextFile { inherit name text; executable = true; destination = "/bin/${name}"; meta.mainProgram = name; };
  # Scripts run on the Debian tree of the guest (or the host), which has this shell.
  writeShellScript = name: text: writeScript name "#!/bin/bash\n${text}\n";
  writeShellScriptBin = name: text: writeScriptBin name "#!/bin/bash\n${text}\n";
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      ...
    }:
    writeShellScriptBin name ''
      set -o errexit -o nounset -o pipefail
      export PATH="${lib.makeBinPath runtimeInputs}:$PATH"
      ${text}'';

  linkFarm =
    name: entries:
    let
      list = if builtins.isAttrs entries then lib.mapAttrsToList (name: path: { inherit name path; }) entries else entries;
    in
    build name { } ''
      mkdir -p $out
      ${lib.concatMapStrings (e: "mkdir -p \"$out/$(dirname ${lib.escapeShellArg e.name})\"; ln -s ${lib.escapeShellArg "${e.path}"} $out/${lib.escapeShellArg e.name}\n") list}'';
  # The top folders of all `paths`, two levels deep, as links. The first to have a name keeps it.
  buildEnv =
    {
      name,
      paths,
      ...
    }:
    build name { } ''
      mkdir -p $out
      for path in ${lib.escapeShellArgs (map (path: "${path}") paths)}; do
        for entry in "$path"/*/*; do
          [ -e "$entry" ] || [ -L "$entry" ] || continue
          dir=$(basename "$(dirname "$entry")")
          mkdir -p "$out/$dir"
          [ -L "$out/$dir/$(basename "$entry")" ] || ln -s "$entry" "$out/$dir/"
        done
      done
    '';
  symlinkJoin = buildEnv;

  # A package whose programs are those of the Debian tree.
  fromTree =
    name: programs:
    build name { meta.mainProgram = if programs == [ ] then name else builtins.head programs; } ''
      mkdir -p $out/bin
      for program in ${lib.escapeShellArgs programs}; do
        for dir in bin sbin; do
          file=${guest.debianGuest}/usr/$dir/$program
          if [ -e "$file" ] || [ -L "$file" ]; then ln -sf "$file" $out/bin/; fi
        done
        [ -L "$out/bin/$program" ] || { echo "${name}: the guests' Debian tree has no program $program (see guest/packages)" >&2; exit 1; }
      done
    '';
}
