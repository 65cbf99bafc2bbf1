//! Resolves CONFIG to a file, and to a host of a flake (contract §2).

use std::path::{Path, PathBuf};

use super::context::Context;
use super::environment::Environment;
use crate::diag::{Code, Diagnostic};
use crate::source::Files;

/// The file and host that CONFIG names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The absolute path of a module, a manifest, or a `flake.nix`.
    pub(super) file: PathBuf,
    /// Whether it is a flake.
    pub(super) flake: bool,
    /// The directory of `path:DIR`, which includes files that git does not track.
    pub(super) whole: Option<PathBuf>,
    /// The named host.
    pub(super) host: Option<String>,
}

/// The parts of CONFIG: `path:DIR?dir=SUB#HOST`, `git+file:DIR#HOST`, or a path with an optional `#HOST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The absolute path.
    pub(super) path: PathBuf,
    /// The directory or file that it names, with `?dir=` applied.
    pub(super) directory: PathBuf,
    /// Whether files that git does not track are included (`path:`).
    whole: bool,
    /// The named host.
    pub(super) host: Option<String>,
}

impl Reference {
    /// Parses `config`. An argument that `exists` as given is a path, even if it contains `#` or `?`.
    pub(super) fn parse(
        config: &str,
        environment: &Environment,
        exists: impl Fn(&Path) -> bool,
    ) -> Result<Self, Box<Diagnostic>> {
        let absolute = |path: &str| environment.absolute(path);
        let plain = |path: &str, host: Option<&str>| {
            let path = absolute(if path.is_empty() { "." } else { path });
            Self { directory: path.clone(), path, whole: false, host: host.map(str::to_owned) }
        };
        if exists(&absolute(config)) {
            return Ok(plain(config, None));
        }
        let (address, host) = config.split_once('#').map_or((config, None), |(path, host)| (path, Some(host)));
        if exists(&absolute(address)) && !address.is_empty() {
            return Ok(plain(address, host));
        }
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let (path, whole) = match address.split_once(':') {
            Some(("path", path)) => (path, true),
            Some(("git+file", path)) => (path.strip_prefix("//").unwrap_or(path), false),
            _ => (address, false),
        };
        let mut this = Self { whole, ..plain(path, host) };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "dir" => this.directory = environment.absolute(this.path.join(value.trim_start_matches('/'))),
                "submodules" | "shallow" | "lfs" => {}
                "ref" | "rev" => {
                    let message =
                        format!("`{name}={value}`: CONFIG is read from its directory, not from another revision");
                    let help = "check out that revision, or compare with it: `plan --from REVISION`";
                    return Err(Box::new(Diagnostic::error(Code::Usage, message).help(help)));
                }
                other => {
                    let message = format!("unknown parameter `{other}` of a local flake");
                    return Err(Box::new(
                        Diagnostic::error(Code::Usage, message).help("only `?dir=DIR` is supported"),
                    ));
                }
            }
        }
        Ok(this)
    }
}

impl Target {
    /// Finds the file that CONFIG names.
    pub(super) fn find(cx: &Context<'_>, config: &str, files: &dyn Files) -> Result<Self, Box<Diagnostic>> {
        let reference = Reference::parse(config, cx.environment, |path| files.kind(path).is_ok())?;
        let whole = reference.whole.then(|| reference.path.clone());
        let (path, host) = (reference.directory, reference.host);
        let missing = |path: &Path, error: &std::io::Error| {
            Diagnostic::error(Code::Unreadable, format!("cannot read {}: {error}", path.display()))
                .help("expected a NixOS configuration, or a directory that contains a configuration.nix")
        };
        files.kind(&path).map_err(|error| Box::new(missing(&path, &error)))?;
        // A symlink to a directory counts as one.
        let is_directory = files.read_dir(&path).is_ok();
        let file = if is_directory { path.join("flake.nix") } else { path.clone() };
        let is_flake = file.file_name().is_some_and(|name| name == "flake.nix") && files.kind(&file).is_ok();
        if is_flake {
            return Ok(Self { file, flake: true, whole, host });
        }
        if !is_directory {
            return Ok(Self { file: path, flake: false, whole, host });
        }
        let exists = |file: &PathBuf| files.kind(file).is_ok();
        let names = ["configuration.nix", "default.nix", "hive.nix"];
        let found = names.iter().map(|name| path.join(name)).find(exists);
        found.map(|file| Self { file, flake: false, whole, host }).ok_or_else(|| {
            let message =
                format!("{} contains no flake.nix, configuration.nix, default.nix or hive.nix", path.display());
            let help = "pass the file of the host's configuration";
            Box::new(Diagnostic::error(Code::Unreadable, message).help(help))
        })
    }

    /// The error about a named host of a configuration without hosts.
    pub(super) fn without_hosts(&self) -> Box<Diagnostic> {
        let directory = self.file.parent().unwrap_or(&self.file);
        let message = format!("{} has no flake.nix, so it has no hosts to choose from", directory.display());
        Box::new(Diagnostic::error(Code::Unreadable, message).help("remove `#HOST`"))
    }

    /// Selects one of a flake's `hosts`: the named one, the one that is called as this machine (`here`), or, if `only`
    /// allows it, the only one.
    pub(super) fn choose(&self, hosts: &[String], here: &str, only: bool) -> Result<String, Box<Diagnostic>> {
        if let Some(host) = &self.host {
            return Ok(host.clone());
        }
        match hosts {
            hosts if hosts.iter().any(|host| host == here) => Ok(here.to_owned()),
            [host] if only => Ok(host.clone()),
            hosts => {
                let message = format!("the flake has no host `{here}`, which is the name of this machine");
                let names = hosts.iter().map(|host| format!("`#{host}`")).collect::<Vec<_>>().join(", ");
                let help = format!("name the host: {names}");
                Err(Box::new(Diagnostic::error(Code::Usage, message).help(help)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_path_with_parameters_and_a_host() {
        let environment = Environment { directory: "/here".into(), ..Environment::default() };
        let exists = |path: &Path| matches!(path.to_str(), Some("/etc/nixos" | "/a#b" | "/a?b"));
        let table = [
            ("/etc/nixos", "/etc/nixos", false, None),
            ("/etc/nixos#web", "/etc/nixos", false, Some("web")),
            ("path:/etc/nixos#web", "/etc/nixos", true, Some("web")),
            ("/etc/nixos?dir=hosts/a#web", "/etc/nixos/hosts/a", false, Some("web")),
            ("path:/etc/nixos?dir=sub", "/etc/nixos/sub", true, None),
            ("git+file:///etc/nixos?dir=sub&shallow=1#x", "/etc/nixos/sub", false, Some("x")),
            ("git+file:/etc/nixos", "/etc/nixos", false, None),
            ("/a#b", "/a#b", false, None),
            ("/a?b#c", "/a?b", false, Some("c")),
            ("/nowhere#c", "/nowhere", false, Some("c")),
        ];
        for (config, directory, whole, host) in table {
            let reference = Reference::parse(config, &environment, exists).expect(config);
            let found = (reference.directory, reference.whole, reference.host.as_deref());
            assert_eq!(found, (PathBuf::from(directory), whole, host), "{config}");
        }
        for config in ["/etc/nixos?rev=0123", "git+file:///etc/nixos?ref=main#web", "/etc/nixos?dirr=x"] {
            assert!(Reference::parse(config, &environment, exists).is_err(), "{config}");
        }
        let here = Reference::parse("path:.#h", &environment, |_| false).expect("it is one");
        assert_eq!((here.path, here.host.as_deref()), (PathBuf::from("/here"), Some("h")));
    }
}
