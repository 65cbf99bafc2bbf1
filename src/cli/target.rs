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
    /// The host that was named.
    host: Option<String>,
}

impl Target {
    /// The file that CONFIG means.
    pub(super) fn find(config: &str, files: &dyn Files) -> Result<Self, Box<Diagnostic>> {
        let given = Path::new(config);
        let (path, host) = match config.split_once('#') {
            Some((path, host)) if files.kind(&absolute(given)).is_err() => (Path::new(path), Some(host)),
            _ => (given, None),
        };
        let missing = |path: &Path, error: &std::io::Error| {
            Diagnostic::error(Code::Unreadable, format!("cannot read {}: {error}", path.display()))
                .help("give the file of a NixOS configuration, or a folder with a configuration.nix")
        };
        let path = absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path });
        files.kind(&path).map_err(|error| Box::new(missing(&path, &error)))?;
        // A link to a folder is one too.
        let is_folder = files.read_dir(&path).is_ok();
        let file = if is_folder { path.join("flake.nix") } else { path.clone() };
        let is_flake = file.file_name().is_some_and(|name| name == "flake.nix") && files.kind(&file).is_ok();
        if is_flake {
            return Ok(Self { file, flake: true, host: host.map(str::to_owned) });
        }
        if host.is_some() {
            let message = format!("{} has no flake.nix, so it has no hosts to choose from", path.display());
            return Err(Box::new(Diagnostic::error(Code::Unreadable, message).help("leave `#HOST` out")));
        }
        if !is_folder {
            return Ok(Self { file: path, flake: false, host: None });
        }
        let exists = |file: &PathBuf| files.kind(file).is_ok();
        let found = ["configuration.nix", "default.nix"].iter().map(|name| path.join(name)).find(exists);
        found.map(|file| Self { file, flake: false, host: None }).ok_or_else(|| {
            let message = format!("{} has neither flake.nix nor configuration.nix nor default.nix", path.display());
            let help = "give the file of the host's configuration";
            Box::new(Diagnostic::error(Code::Unreadable, message).help(help))
        })
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
