//! Which file CONFIG means, and which host of a flake (contract §2).

use std::path::{Path, PathBuf};

use super::configuration::absolute;
use crate::diag::{Code, Diagnostic};
use crate::source::Files;

/// What CONFIG means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The file: a module, a manifest, or a `flake.nix`; an absolute path.
    pub(super) file: PathBuf,
    /// Whether it is a flake.
    pub(super) flake: bool,
    /// The directory that the whole is, whatever git says of it (`path:DIR`).
    pub(super) whole: Option<PathBuf>,
    /// The host that was named.
    pub(super) host: Option<String>,
}

/// CONFIG taken apart: `path:DIR?dir=SUB#HOST`, `git+file:DIR#HOST`, or a path with `#HOST` behind it, perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The path, absolute.
    pub(super) path: PathBuf,
    /// The directory below it that has the flake (`?dir=`).
    below: Option<String>,
    /// Whether it is what it is, whatever git says of it.
    whole: bool,
    /// The host.
    pub(super) host: Option<String>,
}

impl Reference {
    /// Takes `config` apart; what `exists` as it is given is a path, whatever it looks like.
    pub(super) fn parse(config: &str, exists: impl Fn(&Path) -> bool) -> Result<Self, Box<Diagnostic>> {
        let plain = |path: &str, host: Option<&str>| Self {
            path: absolute(if path.is_empty() { "." } else { path }),
            below: None,
            whole: false,
            host: host.map(str::to_owned),
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
                "dir" => this.below = Some(value.to_owned()),
                "submodules" | "shallow" | "lfs" => {}
                "ref" | "rev" => {
                    let message =
                        format!("`{name}={value}`: CONFIG is read where it lies, not in another revision");
                    let help = "check that revision out, or compare with it: `plan --from REVISION`";
                    return Err(Box::new(Diagnostic::error(Code::Usage, message).help(help)));
                }
                other => {
                    let message = format!("`{other}` is not a parameter of a flake on this machine");
                    return Err(Box::new(Diagnostic::error(Code::Usage, message).help("give `?dir=DIR`, or none")));
                }
            }
        }
        Ok(this)
    }

    /// The path with the directory below it.
    pub(super) fn directory(&self) -> PathBuf {
        match &self.below {
            Some(below) => absolute(self.path.join(below.trim_start_matches('/'))),
            None => self.path.clone(),
        }
    }
}

impl Target {
    /// The file that CONFIG means.
    pub(super) fn find(config: &str, files: &dyn Files) -> Result<Self, Box<Diagnostic>> {
        let reference = Reference::parse(config, |path| files.kind(path).is_ok())?;
        let whole = reference.whole.then(|| reference.path.clone());
        let (path, host) = (reference.directory(), reference.host);
        let missing = |path: &Path, error: &std::io::Error| {
            Diagnostic::error(Code::Unreadable, format!("cannot read {}: {error}", path.display()))
                .help("give the file of a NixOS configuration, or a directory with a configuration.nix")
        };
        files.kind(&path).map_err(|error| Box::new(missing(&path, &error)))?;
        // A link to a directory is one too.
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
            let message = format!("{} has neither flake.nix nor configuration.nix nor default.nix", path.display());
            let help = "give the file of the host's configuration";
            Box::new(Diagnostic::error(Code::Unreadable, message).help(help))
        })
    }

    /// What is wrong where a host was named and there are none.
    pub(super) fn without_hosts(&self) -> Box<Diagnostic> {
        let directory = self.file.parent().unwrap_or(&self.file);
        let message = format!("{} has no flake.nix, so it has no hosts to choose from", directory.display());
        Box::new(Diagnostic::error(Code::Unreadable, message).help("leave `#HOST` out"))
    }

    /// The host of a flake with these `hosts`: the one that was named, this machine's, or, if it may be, the only one.
    pub(super) fn choose(&self, hosts: &[String], only: bool) -> Result<String, Box<Diagnostic>> {
        if let Some(host) = &self.host {
            return Ok(host.clone());
        }
        let here = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
        match hosts {
            hosts if hosts.contains(&here) => Ok(here),
            [host] if only => Ok(host.clone()),
            hosts => {
                let message = format!("the flake has no host called `{here}`, as this machine is");
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
    fn a_reference_is_a_path_and_what_is_asked_of_it() {
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
            let reference = Reference::parse(config, exists).expect(config);
            let found = (reference.directory(), reference.whole, reference.host.as_deref());
            assert_eq!(found, (PathBuf::from(directory), whole, host), "{config}");
        }
        for config in ["/etc/nixos?rev=0123", "git+file:///etc/nixos?ref=main#web", "/etc/nixos?dirr=x"] {
            assert!(Reference::parse(config, exists).is_err(), "{config}");
        }
        let here = Reference::parse("path:.#h", |_| false).expect("it is one");
        assert_eq!((here.path, here.host.as_deref()), (absolute("."), Some("h")));
    }
}
