//! Reads the host's resolv.conf, and what it knows about the servers behind a resolver on its loopback.
//!
//! The launcher and the probe both decide by [`look`], so that a plan announces what the next start does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::Resolver;

/// Files in the format of resolv.conf(5) that list the servers which a resolver of the host asks, in order:
///
/// - systemd-resolved's (systemd-resolved.service(8), */etc/resolv.conf*);
/// - NetworkManager's, without its own `dnsmasq` or a stub (its option `dns=`, NetworkManager.conf(5)).
const FILES: [&str; 2] = ["run/systemd/resolve/resolv.conf", "run/NetworkManager/no-stub-resolv.conf"];

/// Directories with what resolvconf(8) was told, a file for each interface: openresolv's, which NixOS has (`keys` since
/// 3.13), and that of Debian's resolvconf.
const DIRECTORIES: [&str; 3] = ["run/resolvconf/keys", "run/resolvconf/interfaces", "run/resolvconf/interface"];

/// Interfaces whose servers are asked about certain domains only (`resolvconf -p`).
const PRIVATE: &str = "run/resolvconf/private";

/// The host's `/etc/resolv.conf` if it exists, and what guests with a private network get instead.
pub(super) fn look() -> io::Result<Option<(Vec<u8>, Resolver)>> {
    look_in(Path::new("/"))
}

fn look_in(root: &Path) -> io::Result<Option<(Vec<u8>, Resolver)>> {
    let bytes = match fs::read(root.join("etc/resolv.conf")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let files = FILES.into_iter().map(|file| (file, fs::read_to_string(root.join(file)).unwrap_or_default()));
    let directories = DIRECTORIES.into_iter().map(|directory| (directory, told(root, directory)));
    let sources = files.chain(directories).map(|(path, text)| (PathBuf::from("/").join(path), text));
    let resolver = std::str::from_utf8(&bytes).map(|text| Resolver::new(text, sources)).unwrap_or_default();
    Ok(Some((bytes, resolver)))
}

/// What is in a directory of resolvconf's, in the order of the names.
fn told(root: &Path, directory: &str) -> String {
    let entries = fs::read_dir(root.join(directory)).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.retain(|name| !root.join(PRIVATE).join(name).exists());
    names.sort();
    let texts = names.iter().filter_map(|name| fs::read_to_string(root.join(directory).join(name)).ok());
    texts.flat_map(|text| [text, String::from("\n")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(root: &Path) -> Option<PathBuf> {
        match look_in(root).expect("read").expect("it exists").1 {
            Resolver::Upstream { from, .. } => from,
            _ => None,
        }
    }

    #[test]
    fn each_program_keeps_its_servers_in_a_file_of_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("below the root")).expect("made");
            fs::write(path, text).expect("written");
        };
        assert_eq!(look_in(root).expect("read"), None, "a host without resolv.conf");
        write("etc/resolv.conf", "nameserver 127.0.0.1\n");
        let loopback = vec![[127, 0, 0, 1].into()];
        let copied = look_in(root).expect("read").expect("it exists");
        assert_eq!(copied, (b"nameserver 127.0.0.1\n".to_vec(), Resolver::Unreachable { loopback }));
        // From the last to the first.
        write("run/resolvconf/interface/lo.unbound", "nameserver 127.0.0.1");
        write("run/resolvconf/interface/eth0.dhcp", "nameserver 192.0.2.5");
        assert_eq!(from(root), Some("/run/resolvconf/interface".into()));
        write("run/resolvconf/interfaces/eth0.dhcp", "nameserver 192.0.2.4");
        assert_eq!(from(root), Some("/run/resolvconf/interfaces".into()));
        write("run/resolvconf/private/wg0", "");
        write("run/resolvconf/keys/wg0", "nameserver 192.0.2.3");
        assert_eq!(from(root), Some("/run/resolvconf/interfaces".into()), "a private one is not for all names");
        write("run/resolvconf/keys/static", "nameserver 192.0.2.3");
        assert_eq!(from(root), Some("/run/resolvconf/keys".into()));
        write("run/NetworkManager/no-stub-resolv.conf", "nameserver 192.0.2.2\n");
        assert_eq!(from(root), Some("/run/NetworkManager/no-stub-resolv.conf".into()));
        write("run/systemd/resolve/resolv.conf", "nameserver 192.0.2.1\n");
        assert_eq!(from(root), Some("/run/systemd/resolve/resolv.conf".into()));
        fs::write(root.join("etc/resolv.conf"), b"nameserver 127.0.0.1\n\xff").expect("written");
        assert_eq!(look_in(root).expect("read").map(|read| read.1), Some(Resolver::Copy), "no text");
    }
}
