//! Placeholder paths of sources that are not in the store. They cannot exist, so a printed value that contains one is recognised
//! as unknown.

/// The placeholder path of nixpkgs' source. Real hashes never contain an `e`.
pub(super) const NIXPKGS: &str = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-nixpkgs";
/// The placeholder path of the flake's own source in the store. Real hashes never contain an `e`.
pub(crate) const FLAKE: &str = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-source";

/// The least length of the name of a store path: its hash, a dash, and the name.
const STORE_NAME: usize = 32 + 1 + 1;

/// Describes the source whose placeholder store path occurs in `text`, if one does.
pub(super) fn described(text: &str) -> Option<&'static str> {
    // A copy of the whole source has its own hash, followed by the name of the placeholder. Most texts are shorter than that.
    if text.len() < STORE_NAME {
        return None;
    }
    let names = |source: &str| source.rsplit('/').next().is_some_and(|name| text.contains(name));
    if names(FLAKE) {
        return Some("where the flake's source is in the store");
    }
    names(NIXPKGS).then_some("where nixpkgs is in the store")
}
