//! How a key covers files: Nix code as code, everything else by its bytes.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Fingerprint, MOST_FILES};
use crate::code::Unit;
use crate::eval::paths::normalise;
use crate::eval::store;
use crate::eval::value::Frame;
use crate::source::{FileKind, Files, Pos};

impl<'e> Fingerprint<'_, 'e> {
    /// Adds the file or directory at a path: Nix code as code, other files by their bytes, directories with their
    /// contents.
    /// A real store path stands for its contents; the placeholder of a flake's source does not.
    pub fn path(&mut self, path: &Path) {
        self.tag("path");
        self.bytes(path.as_os_str().as_bytes());
        let is_real = |path: &str| store::path::parse_base(store::path::base(path)).is_ok();
        if path.to_str().and_then(store::path::split).is_some_and(|(path, _)| is_real(path)) {
            return;
        }
        match self.ev.loader.files.kind(path) {
            Ok(FileKind::Regular) => self.file(path),
            Ok(FileKind::Directory) => self.directory(path),
            Ok(FileKind::Symlink) => match self.ev.loader.files.read_link(path) {
                Ok(target) => {
                    let target = normalise(&path.parent().unwrap_or(Path::new("/")).join(target));
                    if self.count() {
                        self.path(&target);
                    }
                }
                Err(_) => self.unknowable = true,
            },
            Ok(FileKind::Unknown) => self.unknowable = true,
            Err(_) => self.tag("nothing"),
        }
    }

    fn count(&mut self) -> bool {
        self.files += 1;
        self.unknowable |= self.files > MOST_FILES;
        !self.unknowable
    }

    pub(super) fn file(&mut self, path: &Path) {
        if !self.count() {
            return;
        }
        match self.ev.loader.files.read(path) {
            Ok(content) => self.bytes(&content),
            Err(_) => self.unknowable = true,
        }
        // Follow what the file itself names. A file captures nothing.
        if path.extension().is_some_and(|extension| extension == "nix")
            && let Some(unit) = self.imported(path)
        {
            self.whole(unit, &Frame { slots: &[], captured: &[] });
        }
    }

    /// The code of a file, on its first visit.
    fn imported(&mut self, path: &Path) -> Option<&'e Unit<'e>> {
        let unit = match self.ev.parsed(path, Pos::NONE) {
            Ok(unit) => unit,
            Err(_) => {
                self.unknowable = true;
                return None;
            }
        };
        (!self.visit(unit)).then_some(unit)
    }

    fn directory(&mut self, path: &Path) {
        let Ok(entries) = self.ev.loader.files.read_dir(path) else {
            self.unknowable = true;
            return;
        };
        for (name, _) in entries {
            if !self.count() {
                return;
            }
            self.path(&path.join(name));
        }
    }
}
