//! Lists mounts (proc_pid_mountinfo(5)), and unmounts them.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};

/// A mount in this process's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The mount point.
    pub at: PathBuf,
    /// Where else on the host its contents can be seen, if anywhere.
    pub shows: Option<PathBuf>,
    /// The type of the file system.
    pub kind: String,
    /// The device or other source of the file system, as it was named when mounting.
    pub source: String,
    /// The device number of the file system.
    device: Vec<u8>,
    /// The mounted part of the file system: `/` for all of it.
    root: PathBuf,
}

/// Shows the mount point and the source.
impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, shows, kind, source, .. } = self;
        match shows {
            Some(shown) => write!(f, "{} (of {})", at.display(), shown.display()),
            None => write!(f, "{} ({source}, {kind})", at.display()),
        }
    }
}

/// Lists all mounts, each after the mounts below it.
///
/// # Errors
/// If `/proc` is not mounted.
pub(super) fn all() -> io::Result<Vec<Mount>> {
    let text = fs::read("/proc/thread-self/mountinfo")?;
    let mut mounts: Vec<Mount> = text.split(|byte| *byte == b'\n').filter_map(parse).collect();
    let shown: Vec<_> = mounts.iter().map(|mount| elsewhere(mount, &mounts)).collect();
    for (mount, shown) in mounts.iter_mut().zip(shown) {
        mount.shows = shown;
    }
    Ok(mounts)
}

/// The path of a mount's contents through another mount of its file system.
fn elsewhere(mount: &Mount, mounts: &[Mount]) -> Option<PathBuf> {
    let others = mounts.iter().filter(|other| other.device == mount.device && !other.at.starts_with(&mount.at));
    // People know the shortest path best.
    let widest = others
        .filter(|other| mount.root.starts_with(&other.root))
        .min_by_key(|other| other.at.as_os_str().len())?;
    let below = mount.root.strip_prefix(&widest.root).ok()?;
    Some(if below.as_os_str().is_empty() { widest.at.clone() } else { widest.at.join(below) })
}

/// Lists the mounts at and below `path`.
///
/// # Errors
/// As for [`all`].
pub(super) fn below(path: &Path) -> io::Result<Vec<Mount>> {
    let mut mounts = all()?;
    mounts.retain(|mount| mount.at.starts_with(path));
    Ok(mounts)
}

/// Unmounts everything that is mounted at `path`, including mounts below it, without waiting for its users.
///
/// # Errors
/// If the kernel refuses.
pub(super) fn detach(path: &Path) -> io::Result<()> {
    // Bounded, in case someone mounts there as fast as this unmounts.
    for _ in 0..64 {
        match umount2(path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
            Ok(()) => {}
            // Nothing is mounted there, or the path does not exist.
            Err(Errno::EINVAL | Errno::ENOENT) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(Errno::EBUSY.into())
}

fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let device = fields.nth(2)?.to_vec();
    let root = fields.next()?;
    let at = fields.next()?;
    // The optional fields end with a dash.
    let mut last = fields.skip_while(|field| *field != b"-").skip(1);
    let text = |field: &[u8]| unescaped(field).to_string_lossy().into_owned();
    let (kind, source) = (text(last.next()?), text(last.next()?));
    Some(Mount { at: unescaped(at).into(), shows: None, kind, source, device, root: unescaped(root).into() })
}

/// Undoes the escapes `\` and three octal digits of blanks, line breaks and backslashes.
fn unescaped(field: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, behind)) = rest.split_first() {
        let digits =
            behind.get(..3).filter(|digits| *byte == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        let escaped =
            digits.map(|digits| digits.iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0')));
        match escaped.and_then(|value| u8::try_from(value).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = &behind[3..];
            }
            None => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use nix::mount::{MsFlags, mount};

    use super::*;
    use crate::host::netns::tests::isolated;

    #[test]
    fn mounts_are_listed_with_what_they_show() {
        isolated(|directory| {
            let (precious, at) = (directory.join("pre cious"), directory.join("a\\b\nc"));
            for path in [&precious, &at] {
                fs::create_dir(path).expect("made");
            }
            let bind =
                || mount(Some(&precious), &at, None::<&str>, MsFlags::MS_BIND, None::<&str>).expect("mounted");
            bind();
            bind();
            let found = below(&at).expect("listed");
            assert_eq!(found.len(), 2, "{found:?}");
            assert_eq!((&found[0].at, found[0].shows.as_ref()), (&at, Some(&precious)));
            assert_eq!(found[1].to_string(), format!("{} (of {})", at.display(), precious.display()));
            assert_eq!((found[0].kind.as_str(), found[0].source.as_str()), ("tmpfs", "tmpfs"));
            assert!(below(directory).expect("listed").len() > 2);
            for _ in 0..2 {
                detach(&at).expect("undone");
                assert_eq!(below(&at).expect("listed"), []);
            }
            detach(&directory.join("none")).expect("nothing is there");
        });
    }
}
