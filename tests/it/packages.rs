//! tests/lab/lib/packages, on a system of the test's own: installed packages stay as they are (README, *Try it*).

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::namespaces;

/// A system with a repository for its packages, and a cache.
struct System(tempfile::TempDir);

impl System {
    fn new() -> Self {
        let this = Self(tempfile::tempdir().expect("a directory"));
        for directory in [
            "repository",
            "root/var/lib/dpkg/info",
            "root/var/lib/dpkg/updates",
            "root/var/lib/apt",
            "root/var/log/apt",
            "root/etc/apt/apt.conf.d",
            "root/etc/apt/preferences.d",
            "root/etc/apt/sources.list.d",
            "root/etc/apt/trusted.gpg.d",
        ] {
            std::fs::create_dir_all(this.path(directory)).expect("a directory");
        }
        let root = this.path("root").display().to_string();
        let repository = this.path("repository").display().to_string();
        let config = format!(
            "Dir \"{root}\";\nDir::State::status \"{root}/var/lib/dpkg/status\";\nDir::Log \"{root}/var/log/apt\";\n\
             DPkg::Options {{ \"--root={root}\"; \"--force-not-root\"; }};\n"
        );
        std::fs::write(this.path("apt.conf"), config).expect("a file");
        std::fs::write(this.path("root/var/lib/dpkg/status"), "").expect("a file");
        std::fs::write(this.path("root/etc/apt/sources.list"), format!("deb [trusted=yes] file:{repository} ./\n"))
            .expect("a file");
        this
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// A package with a program `NAME-program` that prints name and version.
    fn package(&self, name: &str, version: &str, depends: &str) -> PathBuf {
        let tree = self.path(&format!("{name}-{version}"));
        let file = self.path(&format!("repository/{name}_{version}_all.deb"));
        std::fs::create_dir_all(tree.join("DEBIAN")).expect("a directory");
        std::fs::create_dir_all(tree.join("usr/bin")).expect("a directory");
        let depends = if depends.is_empty() { String::new() } else { format!("Depends: {depends}\n") };
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\n\
             {depends}Description: a test\n"
        );
        std::fs::write(tree.join("DEBIAN/control"), &control).expect("a file");
        let program = tree.join(format!("usr/bin/{name}-program"));
        std::fs::write(&program, format!("#!/bin/sh\necho {name} {version} \"$@\"\n")).expect("a file");
        run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(&tree));
        run(Command::new("chmod").arg("755").arg(&program));
        run(Command::new("dpkg-deb").arg("--build").arg(&tree).arg(&file));
        let sum = run(Command::new("sha256sum").arg(&file));
        let sum = sum.split(' ').next().expect("a sum");
        let size = std::fs::metadata(&file).expect("a file").len();
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let index = self.path("repository/Packages");
        let known = std::fs::read_to_string(&index).unwrap_or_default();
        let entry = format!("{control}Filename: ./{name}\nSize: {size}\nSHA256: {sum}\n\n");
        std::fs::write(index, known + &entry).expect("a file");
        file
    }

    fn installed(&self) -> String {
        let root = self.path("root");
        run(Command::new("dpkg-query")
            .arg(format!("--admindir={}/var/lib/dpkg", root.display()))
            .args(["--show", "--showformat=${Package} ${Version} ${db:Status-Status}\n"]))
    }

    fn packages(&self, wanted: &[&str]) -> Output {
        Command::new("tests/lab/lib/packages")
            .args(wanted)
            .env("PATH", namespaces::path())
            .env("APT_CONFIG", self.path("apt.conf"))
            .env("CONTAINER_REBUILD_CACHE", self.path("cache"))
            .output()
            .expect("it runs")
    }
}

fn run(command: &mut Command) -> String {
    let output =
        command.env("PATH", namespaces::path()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}

#[test]
fn missing_programs_come_without_an_upgrade_of_what_is_installed() {
    let system = System::new();
    let base = system.package("base", "1", "");
    system.package("base", "2", "");
    // As in systemd-container, each version requires the exact version of another package.
    system.package("tool", "1", "base (= 1)");
    system.package("tool", "2", "base (= 2)");
    // The archive has this package only for the newer version.
    system.package("late", "2", "base (= 2)");
    system.package("free", "7", "");
    let root = format!("--root={}", system.path("root").display());
    run(Command::new("dpkg").args([&root, "--force-not-root", "--install"]).arg(&base));

    let said = system.packages(&["tool-program=tool", "late-program=late", "free-program=free", "sh=base"]);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(system.installed(), "base 1 installed\nfree 7 installed\ntool 1 installed\n", "{said:?}");
    let late = run(Command::new(system.path("cache/tools/bin/late-program")).arg("a b"));
    assert_eq!(late, "late 2 a b\n");
    // apt's own lists and archives are unchanged.
    assert!(is_empty(&system.path("root/var/lib/apt/lists")) && is_empty(&system.path("root/var/cache/apt")));

    let again = system.packages(&["late-program=late"]);
    assert!(again.status.success() && again.stderr.is_empty(), "{again:?}");
    let unknown = system.packages(&["nosuch-program=nosuch"]);
    assert!(unknown.status.code() == Some(1), "{unknown:?}");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("apt cannot install nosuch"), "{unknown:?}");
}
