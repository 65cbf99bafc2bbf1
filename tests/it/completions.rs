//! Shell completions, requested as a shell requests them.

use std::path::Path;
use std::process::Command;

/// What bash offers for the last of these words, in its order.
fn offered(words: &[&str], directory: &Path) -> Vec<String> {
    let script = r#"
        source <(container-rebuild completions bash)
        function=$(complete -p container-rebuild | sed 's/.* -F \([^ ]*\) .*/\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
        "$function" container-rebuild "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = Path::new(env!("CARGO_BIN_EXE_container-rebuild"));
    let path = format!("{}:/usr/bin:/bin", program.parent().expect("a directory").display());
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash"])
        .args(words)
        .current_dir(directory)
        .env_clear()
        .env("PATH", path)
        .output()
        .expect("bash");
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(String::from).collect()
}

#[test]
fn bash_completes_commands_options_values_and_files_at_any_depth() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("host.nix"), "{ }").expect("a file");
    let program = "container-rebuild";
    for (words, expected) in [
        (&[program, "pl"][..], &["plan"][..]),
        (&[program, "plan", "--form"], &["--format"]),
        (&[program, "--quiet", "plan", "--restart-m"], &["--restart-mode"]),
        (&[program, "plan", "--format", "m"], &["markdown"]),
        (&[program, "plan", "--format", "json", "h"], &["host.nix"]),
        (&[program, "schema", "m"], &["manifest"]),
        (&[program, "--color", "n"], &["never"]),
        (&[program, "plan", "--nosuch"], &[]),
    ] {
        assert_eq!(offered(words, directory.path()), expected, "{words:?}");
    }
    let all = offered(&[program, ""], directory.path());
    assert!(all.contains(&"install-boot".to_owned()) && !all.contains(&"internal".to_owned()), "{all:?}");
}

#[test]
fn every_shell_is_told_to_ask_this_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = crate::program::run("{ }", &["completions", shell]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{shell}: {said}");
        assert!(said.out.contains("CONTAINER_REBUILD_COMPLETE") && said.out.contains(shell), "{shell}: {said}");
    }
}
