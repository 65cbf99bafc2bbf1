//! `plan --from` in a plain git clone: it needs no host, root or Nix, and does not change the work tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory with a git repository in `repo`, where the program runs with an empty environment.
struct Clone {
    directory: tempfile::TempDir,
}

const WEB: &str = r#"{ containers.web = {
  path = "/nix/store/00000000000000000000000000000000-web";
  autoStart = true;
  privateNetwork = true;
  hostAddress = "10.0.0.1";
  localAddress = "10.0.0.2";
  forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
}; }
"#;

impl Clone {
    /// A clone with one commit of these files.
    fn new(files: &[(&str, &str)]) -> Self {
        let this = Self { directory: tempfile::tempdir().expect("a directory") };
        std::fs::create_dir(this.top()).expect("a directory");
        git2::Repository::init(this.top()).expect("a repository");
        for (path, content) in files {
            this.write(path, content);
        }
        this.commit();
        this
    }

    fn top(&self) -> PathBuf {
        self.directory.path().join("repo")
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.top().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, content).expect("a file");
    }

    fn commit(&self) {
        let repository = git2::Repository::open(self.top()).expect("a repository");
        let mut index = repository.index().expect("an index");
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("added");
        index.update_all(["*"], None).expect("updated");
        index.write().expect("written");
        let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
        let author = git2::Signature::now("test", "test@localhost").expect("a signature");
        let parent = repository.head().ok().map(|head| head.peel_to_commit().expect("a commit"));
        let parents: Vec<_> = parent.iter().collect();
        repository.commit(Some("HEAD"), &author, &author, "", &tree, &parents).expect("a commit");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
        command.args(arguments).current_dir(self.top()).env_clear().output().expect("the program runs")
    }

    /// The plan as JSON.
    fn plan(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(&[&["plan", "--format", "json"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The containers that change, each with its actions.
fn changes(plan: &serde_json::Value) -> Vec<String> {
    let change = |change: &serde_json::Value| format!("{} {}", change["container"], change["actions"]);
    plan["changes"].as_array().expect("a list").iter().map(change).collect()
}

#[test]
fn the_work_tree_is_compared_with_a_revision_and_left_alone() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    assert!(changes(&clone.plan(&["--from", "HEAD", "host.nix"])).is_empty());
    clone.write("host.nix", &WEB.replace("8080", "8081"));
    let plan = clone.plan(&["--from", "HEAD", "host.nix"]);
    assert_eq!(plan["from"], serde_json::json!({ "kind": "revision", "name": "HEAD" }));
    assert_eq!(plan["to"], serde_json::json!({ "kind": "file", "name": "host.nix" }));
    assert_eq!(plan["changes"][0]["disruption"], "firewall");
    assert_eq!(plan["changes"][0]["reasons"][0]["file"], "host.nix");
    assert_eq!(std::fs::read_to_string(clone.top().join("host.nix")).expect("a file"), WEB.replace("8080", "8081"));
}

#[test]
fn files_that_were_added_moved_and_deleted_are_those_of_each_side() {
    let clone = Clone::new(&[
        ("configuration.nix", "{ imports = [ ./old/web.nix ./gone.nix ]; }"),
        ("old/web.nix", WEB),
        ("gone.nix", "{ containers.gone.path = \"/nix/store/00000000000000000000000000000000-gone\"; }"),
    ]);
    std::fs::remove_dir_all(clone.top().join("old")).expect("removed");
    std::fs::remove_file(clone.top().join("gone.nix")).expect("removed");
    clone.write("configuration.nix", "{ imports = [ ./new/web.nix ./added.nix ]; }");
    clone.write("new/web.nix", WEB);
    let added = "{ containers.added.path = \"/nix/store/00000000000000000000000000000000-a\"; }";
    clone.write("added.nix", added);
    let plan = clone.plan(&["--from", "HEAD", "."]);
    assert_eq!(changes(&plan), [r#""added" ["create"]"#, r#""gone" ["stop","remove"]"#]);
    clone.commit();
    // A directory in the repository, named from outside.
    let directory = clone.top().to_string_lossy().into_owned();
    assert_eq!(changes(&clone.plan(&["--from", "HEAD~1", &directory])).len(), 2);
}

#[test]
fn a_configuration_that_was_not_there_is_all_new() {
    let clone = Clone::new(&[("readme", "")]);
    clone.write("host.nix", WEB);
    let plan = clone.plan(&["--from", "HEAD", "host.nix"]);
    assert_eq!(changes(&plan), [r#""web" ["create","start"]"#]);
    assert_eq!(plan["diagnostics"][0]["code"], "not-there");
}

#[test]
fn a_side_that_does_not_evaluate_is_named() {
    let clone = Clone::new(&[("host.nix", "{ containers.web = throw \"old\"; }")]);
    clone.write("host.nix", "{ containers.web = nonsense; }");
    let output = clone.run(&["plan", "--from", "HEAD", "host.nix"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr(&output);
    assert!(stderr.contains("host.nix:1:20: error[evaluation]: before (`HEAD`): old"), "{stderr}");
    assert!(stderr.contains("after (`host.nix`): undefined variable 'nonsense'"), "{stderr}");
}

#[test]
fn a_revision_that_a_shallow_clone_lacks_says_how_to_fetch_it() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    let unknown = stderr(&clone.run(&["plan", "--from", "origin/main", "host.nix"]));
    assert!(unknown.contains("the branches of this repository are m"), "{unknown}");
    assert!(unknown.contains("no such file, and `origin/main` is not a revision"), "{unknown}");
    std::fs::write(clone.top().join(".git/shallow"), format!("{}\n", git2::Oid::ZERO_SHA1)).expect("a file");
    let output = clone.run(&["plan", "--from", "origin/main", "host.nix"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`fetch-depth: 0`"), "{}", stderr(&output));
    let nowhere = Path::new("/");
    let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
    let output = command.args(["plan", "--from", "HEAD", "none.nix"]).current_dir(nowhere).env_clear().output();
    let said = stderr(&output.expect("the program runs"));
    assert!(said.contains("no such file, and /none.nix is not in a git repository"), "{said}");
}

#[test]
fn neither_side_reads_outside_of_the_repository() {
    let clone = Clone::new(&[("host.nix", "import ../outside.nix")]);
    std::fs::write(clone.directory.path().join("outside.nix"), "{ }").expect("a file");
    let output = clone.run(&["plan", "--from", "HEAD", "host.nix"]);
    assert_eq!(output.status.code(), Some(1));
    let refused = "outside of what restricted reading allows";
    assert_eq!(stderr(&output).matches(refused).count(), 2, "{}", stderr(&output));
    assert!(changes(&clone.plan(&["--no-restrict", "--from", "HEAD", "host.nix"])).is_empty());
}

#[test]
fn a_path_comes_first_and_rev_forces_the_revision() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    clone.write("HEAD", "{ }");
    let plan = clone.plan(&["--from", "HEAD", "host.nix"]);
    assert_eq!((plan["from"]["kind"].as_str(), changes(&plan).len()), (Some("file"), 1));
    assert!(changes(&clone.plan(&["--from", "rev:HEAD", "host.nix"])).is_empty());
    let manifest = clone.run(&["eval", "host.nix"]);
    std::fs::write(clone.top().join("before.json"), manifest.stdout).expect("a file");
    let plan = clone.plan(&["--from", "before.json", "host.nix"]);
    assert_eq!((plan["from"]["kind"].as_str(), changes(&plan).len()), (Some("manifest"), 0));
}

#[test]
fn only_the_named_containers_are_shown_and_their_rules_alone() {
    let other = WEB.replace("web", "other").replace("8080", "9090").replace("10.0.0.2", "10.0.0.3");
    let clone =
        Clone::new(&[("host.nix", "{ imports = [ ./a.nix ./b.nix ]; }"), ("a.nix", WEB), ("b.nix", &other)]);
    clone.write("a.nix", &WEB.replace("8080", "8081"));
    clone.write("b.nix", &other.replace("9090", "9091"));
    assert_eq!(changes(&clone.plan(&["--from", "HEAD", "host.nix"])).len(), 2);
    let plan = clone.plan(&["--from", "HEAD", "--only", "web", "host.nix"]);
    assert_eq!(changes(&plan), [r#""web" []"#]);
    assert_eq!(plan["firewall"]["add"].as_array().map(Vec::len), Some(1), "{plan:#}");
}

#[test]
fn the_exit_code_says_whether_there_are_changes_only_when_asked() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    let code = |arguments: &[&str]| clone.run(arguments).status.code();
    assert_eq!(code(&["plan", "--from", "HEAD", "host.nix", "--detailed-exitcode"]), Some(0));
    clone.write("host.nix", "{ }");
    assert_eq!(code(&["plan", "--from", "HEAD", "host.nix", "--detailed-exitcode"]), Some(2));
    assert_eq!(code(&["plan", "--from", "HEAD", "host.nix"]), Some(0));
}

/// A flake with these hosts, each with one container of the same name and the given start timeout.
fn flake(hosts: &[(&str, &str)]) -> String {
    let host = |(name, timeout): &(&str, &str)| {
        format!(
            "    nixosConfigurations.{name} = nixpkgs.lib.nixosSystem {{ modules = [ {{ containers.{name} = {{\n      \
             path = \"/nix/store/00000000000000000000000000000000-x\";\n      timeoutStartSec = \"{timeout}\";\n    }}; }} ]; }};\n"
        )
    };
    let hosts: String = hosts.iter().map(host).collect();
    format!("{{\n  outputs = {{ self, nixpkgs }}: {{\n{hosts}  }};\n}}\n")
}

#[test]
fn all_hosts_of_a_flake_are_planned_those_of_one_side_too() {
    let before = flake(&[("alpha", "1min"), ("beta", "1min"), ("gone", "1min")]);
    let clone = Clone::new(&[("flake.nix", &before)]);
    clone.write("flake.nix", &flake(&[("alpha", "5min"), ("beta", "1min"), ("new", "1min")]));
    let plan = clone.plan(&["--all-hosts", "--from", "HEAD", "."]);
    let hosts = plan["hosts"].as_object().expect("hosts");
    let changed: Vec<_> = hosts.iter().map(|(host, plan)| (host.as_str(), changes(plan).join(","))).collect();
    let expected = [
        ("alpha", "\"alpha\" [\"update-unit\"]".to_owned()),
        ("beta", String::new()),
        ("gone", "\"gone\" [\"stop\",\"remove\"]".to_owned()),
        ("new", "\"new\" [\"create\"]".to_owned()),
    ];
    assert_eq!(changed, expected, "{plan:#}");
    // The plan between two directories is the same.
    let old = clone.directory.path().join("old");
    std::fs::create_dir(&old).expect("a directory");
    std::fs::write(old.join("flake.nix"), before).expect("a file");
    let output = clone.run(&["plan", "--all-hosts", "--detailed-exitcode", "--from", "../old", "."]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(text.starts_with("host alpha:\n\n~ alpha: takes effect at its next start"), "{text}");
    assert!(text.ends_with("\nNo changes for beta.\n"), "{text}");
    let output = clone.run(&["plan", "--all-hosts", "--format", "markdown", "--from", "HEAD", "."]);
    let markdown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(markdown.contains("## `gone`\n") && markdown.ends_with("\nNo changes: `beta`.\n"), "{markdown}");
    // One host cannot be compared with all, a file has only one host, and an observed host is the current one.
    clone.write("host.nix", WEB);
    for (arguments, said) in [
        (&["--from", "HEAD", ".#alpha"][..], "names one host"),
        (&["--from", "HEAD", "host.nix"], "is not a flake"),
        (&["."], "--from"),
    ] {
        let output = clone.run(&[&["plan", "--all-hosts"], arguments].concat());
        assert!(output.status.code() == Some(1) && stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_revision_without_the_flake_had_no_hosts() {
    let clone = Clone::new(&[("README", "")]);
    clone.write("flake.nix", &flake(&[("alpha", "1min")]));
    let repository = git2::Repository::open(clone.top()).expect("a repository");
    let mut index = repository.index().expect("an index");
    index.add_path(Path::new("flake.nix")).and_then(|()| index.write()).expect("tracked");
    let plan = clone.plan(&["--all-hosts", "--from", "HEAD", "."]);
    assert_eq!(changes(&plan["hosts"]["alpha"]), ["\"alpha\" [\"create\"]"], "{plan:#}");
    assert!(
        plan["hosts"]["alpha"]["diagnostics"].to_string().contains("the host `alpha` does not exist in `HEAD`"),
        "{plan:#}"
    );
}

/// A flake with one host that consists of `module`.
fn flake_of(module: &str) -> String {
    format!(
        "{{ outputs = {{ self, nixpkgs }}: {{ nixosConfigurations.h = nixpkgs.lib.nixosSystem {{ modules = [ {module} ]; }}; }}; }}"
    )
}

#[test]
fn files_of_a_flake_that_were_added_moved_and_deleted_are_those_of_each_side() {
    let gone = "{ containers.gone.path = \"/nix/store/00000000000000000000000000000000-gone\"; }";
    let clone = Clone::new(&[
        ("flake.nix", &flake_of("./old/web.nix ./gone.nix")),
        ("old/web.nix", WEB),
        ("gone.nix", gone),
        ("old/deep/shared.nix", "{ }"),
    ]);
    clone.write("flake.nix", &flake_of("./new/web.nix ./added.nix"));
    std::fs::rename(clone.top().join("old"), clone.top().join("new")).expect("moved");
    std::fs::remove_file(clone.top().join("gone.nix")).expect("removed");
    clone.write("added.nix", &gone.replace("gone", "added"));
    // Neither side includes files that git does not track.
    let output = clone.run(&["plan", "--from", "HEAD", "."]);
    assert!(stderr(&output).contains("`git add new/web.nix`"), "{}", stderr(&output));
    clone.commit();
    let plan = clone.plan(&["--from", "HEAD~1", "."]);
    assert_eq!(changes(&plan), [r#""added" ["create"]"#, r#""gone" ["stop","remove"]"#]);
    assert!(changes(&clone.plan(&["--from", "HEAD", "."])).is_empty());
}

#[test]
fn a_guest_of_a_flake_changes_with_the_files_that_it_is_made_of() {
    let host = "{ containers.a.config = ./guest.nix; containers.b.config = { imports = [ \"${./guest}/b.nix\" ]; }; \
                containers.c.config = { environment.etc.page.source = ./page; }; containers.d.config = ./other.nix; }";
    let clone = Clone::new(&[
        ("flake.nix", &flake_of("./host.nix")),
        ("host.nix", host),
        ("guest.nix", "{ services.nginx.enable = true; }"),
        ("guest/b.nix", "{ services.httpd.enable = true; }"),
        ("page", "one"),
        ("other.nix", "{ }"),
    ]);
    for (file, text, changed) in [
        ("guest.nix", "{ services.nginx.enable = false; }", "\"a\""),
        ("guest/b.nix", "{ services.httpd.enable = false; }", "\"b\""),
        ("page", "two", "\"c\""),
    ] {
        clone.write(file, text);
        let plan = clone.plan(&["--from", "HEAD", "."]);
        let changes = changes(&plan);
        assert!(matches!(changes.as_slice(), [only] if only.starts_with(changed)), "{file}: {changes:?}");
        clone.commit();
    }
}

#[test]
fn submodules_are_those_of_each_side() {
    let clone = Clone::new(&[
        ("flake.nix", &flake_of("./lib/module/web.nix")),
        ("host.nix", "{ imports = [ ./lib/module/web.nix ]; }"),
    ]);
    let module = clone.directory.path().join("module");
    std::fs::create_dir(&module).expect("a directory");
    commit_in(&git2::Repository::init(&module).expect("a repository"), &module, WEB);
    let top = git2::Repository::open(clone.top()).expect("a repository");
    let mut submodule =
        top.submodule(module.to_str().expect("text"), Path::new("lib/module"), true).expect("a submodule");
    submodule.clone(None).expect("a clone");
    submodule.add_finalize().expect("added");
    clone.commit();
    let inside = clone.top().join("lib/module");
    for config in [".", "host.nix"] {
        assert!(changes(&clone.plan(&["--from", "HEAD", config])).is_empty(), "{config}");
    }
    let repository = git2::Repository::open(&inside).expect("a repository");
    commit_in(&repository, &inside, &WEB.replace("8080", "8081"));
    clone.commit();
    let linked = clone.directory.path().join("linked");
    std::os::unix::fs::symlink(clone.top(), &linked).expect("a link");
    for config in [".", "host.nix", &format!("{}/host.nix", linked.display())] {
        let plan = clone.plan(&["--from", "HEAD~1", config]);
        assert_eq!(plan["changes"][0]["disruption"], "firewall", "{config}: {plan:#}");
        assert_eq!(plan["changes"][0]["reasons"][0]["file"], "lib/module/web.nix");
        assert!(changes(&clone.plan(&["--from", "HEAD", config])).is_empty(), "{config}");
    }
    // Not checked out, as in a clone without submodules: the old side reads it from git's own clone, and the new side is unknown
    // rather than without it.
    std::fs::remove_dir_all(&inside).expect("removed");
    std::fs::create_dir(&inside).expect("a directory");
    for config in [".", "host.nix", &format!("{}/host.nix", linked.display())] {
        let plan = clone.plan(&["--from", "HEAD~1", config]);
        assert_eq!(changes(&plan), [r#""web" ["stop","remove"]"#], "{config}: {plan:#}");
        assert_eq!(
            (&plan["changes"][0]["may"], &plan["diagnostics"][0]["code"]),
            (&true.into(), &"missing-module".into())
        );
    }
}

/// Commits `text` as `web.nix`.
fn commit_in(repository: &git2::Repository, directory: &Path, text: &str) {
    std::fs::write(directory.join("web.nix"), text).expect("a file");
    let mut index = repository.index().expect("an index");
    index.add_path(Path::new("web.nix")).and_then(|()| index.write()).expect("added");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    let parent = repository.head().ok().map(|head| head.peel_to_commit().expect("a commit"));
    repository
        .commit(Some("HEAD"), &author, &author, "", &tree, &parent.iter().collect::<Vec<_>>())
        .expect("a commit");
}

#[test]
fn a_revision_is_whatever_git_takes_for_one() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    let repository = git2::Repository::open(clone.top()).expect("a repository");
    let first = repository.head().and_then(|head| head.peel(git2::ObjectType::Commit)).expect("a commit");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    repository.tag("v1", &first, &author, "", false).expect("a tag");
    repository.tag_lightweight("v1-light", &first, false).expect("a tag");
    clone.write("host.nix", &WEB.replace("8080", "8081"));
    clone.commit();
    let id = first.id().to_string();
    for revision in ["HEAD~1", "HEAD^", "HEAD~1:", "v1", "v1-light", "v1^{commit}", "HEAD~1^{tree}", &id, &id[..9]]
    {
        assert_eq!(changes(&clone.plan(&["--from", revision, "host.nix"])), [r#""web" []"#], "{revision}");
    }
    // With a detached HEAD.
    repository.set_head_detached(first.id()).expect("detached");
    assert_eq!(changes(&clone.plan(&["--from", "v1~0", "host.nix"])), [r#""web" []"#]);
    for revision in ["", "rev:", "HEAD:host.nix", "HEAD..v1", "HEAD~9", "-x", "a\u{1b}\nb", "v1:none"] {
        let output = clone.run(&["plan", &format!("--from={revision}"), "host.nix"]);
        let stderr = stderr(&output);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{revision}");
        assert!(stderr.contains("is not a revision of the git repository"), "{revision:?}: {stderr}");
        assert!(stderr.lines().count() == 2 && !stderr.contains('\u{1b}'), "{revision:?}: {stderr:?}");
    }
    // Before the first commit.
    let unborn = clone.directory.path().join("unborn");
    git2::Repository::init(&unborn).expect("a repository");
    std::fs::write(unborn.join("host.nix"), WEB).expect("a file");
    let output = clone.run(&["plan", "--from", "HEAD", "../unborn/host.nix"]);
    assert!(stderr(&output).contains("this repository has no branches yet"), "{}", stderr(&output));
    // In a second work tree of the repository.
    let second = clone.directory.path().join("second");
    repository.worktree("second", &second, None).expect("a work tree");
    std::fs::write(second.join("host.nix"), WEB.replace("8080", "9090")).expect("a file");
    let plan = clone.plan(&["--from", "v1", "../second/host.nix"]);
    assert_eq!(plan["changes"][0]["reasons"][0]["file"], "host.nix", "{plan:#}");
}

#[test]
fn a_link_to_a_configuration_is_that_of_the_work_tree_it_leads_into() {
    let clone = Clone::new(&[("hosts/web.nix", WEB), ("hosts/flake.nix", &flake_of("./web.nix"))]);
    clone.write("hosts/web.nix", &WEB.replace("8080", "8081"));
    let at = |name: &str| clone.directory.path().join(name);
    std::os::unix::fs::symlink(clone.top().join("hosts/web.nix"), at("configuration.nix")).expect("a link");
    std::os::unix::fs::symlink(clone.top().join("hosts"), at("nixos")).expect("a link");
    for config in ["../configuration.nix", "../nixos/web.nix", "../nixos", "../nixos#h"] {
        let plan = clone.plan(&["--from", "HEAD", config]);
        assert_eq!(changes(&plan), [r#""web" []"#], "{config}: {plan:#}");
        assert_eq!(plan["changes"][0]["reasons"][0]["file"], "hosts/web.nix", "{config}");
        assert_eq!(plan["to"]["name"], config);
    }
}

#[test]
fn a_name_that_no_container_has_on_either_side_is_an_error() {
    let clone = Clone::new(&[("host.nix", WEB)]);
    clone.write("host.nix", &WEB.replace("8080", "8081"));
    let output = clone.run(&["plan", "--from", "HEAD", "--only", "wep,other", "host.nix"]);
    let stderr = stderr(&output);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(stderr.contains("no container `wep` on either side of the plan"), "{stderr}");
    assert!(stderr.contains("did you mean `web`?"), "{stderr}");
    assert!(stderr.contains("no container `other`") && stderr.contains("known containers: web"), "{stderr}");
    // `--only` accepts the name of a removed container.
    clone.write("host.nix", "{ containers.new.config = { }; }");
    let plan = clone.plan(&["--from", "HEAD", "--only", "web", "host.nix"]);
    assert_eq!(changes(&plan), [r#""web" ["stop","remove"]"#], "{plan:#}");
    clone.write("host.nix", &WEB.replace("8080", "8081"));
    let plan = clone.plan(&["--from", "HEAD", "--only", "web", "host.nix"]);
    assert_eq!(plan["diagnostics"], serde_json::json!([]));
    // Findings about other containers are left out, unless they prevent everything from being applied.
    let blocked = |name: &str, last: u8, port: u16| {
        format!(
            "containers.{name} = {{ privateNetwork = true; hostAddress = \"10.0.0.1\"; localAddress = \"10.0.0.{last}\";\n\
             forwardPorts = [ {{ hostPort = {port}; containerPort = 22; }} ];\n\
             config.networking.firewall.allowedTCPPorts = [ 80 ]; }};"
        )
    };
    let found = |only: &str, port: u16| {
        clone.write("host.nix", &format!("{{\n{}\n{}\n}}", blocked("a", 2, 22), blocked("b", 3, port)));
        let plan = clone.plan(&["--from", "HEAD", "--only", only, "host.nix"]);
        let found = plan["diagnostics"].as_array().expect("a list").clone();
        found.iter().map(|it| format!("{} {}", it["code"].as_str().expect("text"), it["line"])).collect::<Vec<_>>()
    };
    assert_eq!(found("a", 2222), ["forward-blocked 3"]);
    assert_eq!(found("b", 2222), ["forward-blocked 6"]);
    assert_eq!(found("b,a", 2222), ["forward-blocked 3", "forward-blocked 6"]);
    assert!(found("a", 22).contains(&"port-taken 6".to_owned()));
}

#[test]
fn a_manifest_with_its_guests_is_compared_with_them() {
    let host = |enable| {
        format!("{{ containers.web = {{\n  config = {{\n    services.httpd.enable = {enable};\n  }};\n}}; }}")
    };
    let clone = Clone::new(&[("host.nix", &host("false"))]);
    let manifest = clone.run(&["eval", "--guest", "--positions", "host.nix"]).stdout;
    clone.write("before.json", &String::from_utf8(manifest).expect("UTF-8"));
    clone.write("host.nix", &host("true"));
    let plan = clone.plan(&["--from", "before.json", "host.nix"]);
    let reason = &plan["changes"][0]["reasons"][0];
    assert_eq!(reason["option"], "config.services.httpd.enable", "{plan:#}");
    assert_eq!((&reason["line"], &reason["before_at"]["line"]), (&3.into(), &3.into()));
    // A manifest of another version may have any form.
    clone.write("before.json", r#"{ "format_version": 2, "anything": [ ] }"#);
    let output = clone.run(&["plan", "--from", "before.json", "host.nix"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("its format is 2, but this version reads format 1"), "{}", stderr(&output));
}
