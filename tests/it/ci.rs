//! The commands of docs/ci.md.

use std::process::Command;

const BEFORE: &str = "{ containers.web = { path = \"/nix/store/00000000000000000000000000000000-web\"; }; }\n";
const AFTER: &str = "{ containers.web = { path = \"/nix/store/00000000000000000000000000000000-web\"; privateNetwork = true; \
                     hostAddress = \"10.0.0.1\"; localAddress = \"10.0.0.1\"; }; }\n";

/// A clone whose `origin/main` has `BEFORE` and whose work tree has `AFTER`, as in a runner that checks out a pull request.
fn clone() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = git2::Repository::init(directory.path()).expect("a repository");
    std::fs::write(directory.path().join("configuration.nix"), BEFORE).expect("written");
    let mut index = repository.index().expect("an index");
    index.add_path(std::path::Path::new("configuration.nix")).expect("added");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    let commit = repository.commit(Some("HEAD"), &author, &author, "", &tree, &[]).expect("a commit");
    repository.reference("refs/remotes/origin/main", commit, true, "").expect("a reference");
    std::fs::write(directory.path().join("configuration.nix"), AFTER).expect("written");
    directory
}

/// The commands of the page, each with its expected output.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string("docs/ci.md").expect("the page");
    let mut commands = Vec::new();
    for block in page.split("```yaml\n").skip(1) {
        for line in block.split("```").next().unwrap_or_default().lines() {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
            if line.starts_with("container-rebuild ") {
                commands.push(line.split(" >").next().unwrap_or_default().to_owned());
            }
        }
    }
    commands
}

#[test]
fn its_commands_do_what_it_says() {
    let directory = clone();
    let commands = commands();
    assert_eq!(
        commands,
        [
            "container-rebuild plan --from origin/main --format markdown .",
            "container-rebuild check --deny warnings .",
            "container-rebuild check --deny warnings --format sarif .",
        ]
    );
    let run = |command: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
            .args(command.split(' ').skip(1))
            .current_dir(directory.path())
            .env_clear()
            .output()
            .expect("the program runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("UTF-8"),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (status, plan, said) = run(&commands[0]);
    assert_eq!(status, Some(0), "{said}");
    assert!(plan.contains("web") && plan.contains("privateNetwork"), "{plan}");
    let (status, _, said) = run(&commands[1]);
    assert!(status == Some(1) && said.contains("configuration.nix:1:"), "{said}");
    let (status, log, _) = run(&commands[2]);
    assert_eq!(status, Some(1));
    let log: serde_json::Value = serde_json::from_str(&log).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let codes: Vec<_> = results.iter().map(|result| result["ruleId"].as_str()).collect();
    assert_eq!(codes, [Some("address-taken")]);
}

/// What the page says about a pull request that tries to read secrets.
#[test]
fn what_others_wrote_is_read_restricted() {
    let directory = clone();
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "hunter2").expect("written");
    let outside = secret.path().to_str().expect("UTF-8");
    std::os::unix::fs::symlink(outside, directory.path().join("link")).expect("a link");
    for (expression, refused) in [
        (format!("builtins.readFile {outside}"), true),
        ("builtins.readFile ./link".to_owned(), true),
        ("toString (builtins.attrNames (builtins.readDir /etc))".to_owned(), true),
        ("builtins.getEnv \"SECRET\"".to_owned(), false),
    ] {
        let text =
            format!("{{ containers.web = {{ config = {{ }}; extraFlags = [ \"--x=${{{expression}}}\" ]; }}; }}\n");
        std::fs::write(directory.path().join("configuration.nix"), text).expect("written");
        for arguments in [&["check", "."][..], &["plan", "--from", "origin/main", "."]] {
            let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
                .args(arguments)
                .current_dir(directory.path())
                .env_clear()
                .env("SECRET", "hunter2")
                .output()
                .expect("the program runs");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert_eq!(output.status.success(), !refused, "{expression}: {said}");
            assert_eq!(said.contains("restricted reading"), refused, "{expression}: {said}");
            assert!(!said.contains("hunter2"), "{expression}: {said}");
        }
    }
}
