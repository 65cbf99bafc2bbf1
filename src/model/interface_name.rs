//! Names of network interfaces.

/// Whether the kernel accepts the name for an interface (ignoring its length), and rules can contain it: nft(8) has no
/// escapes, and reads a leading `@` as a set.
pub fn is_interface_name(name: &str) -> bool {
    let is_bad = |c: char| matches!(c, '/' | ':' | '"') || c.is_whitespace() || c.is_control();
    !matches!(name, "" | "." | "..") && !name.starts_with('@') && !name.contains(is_bad)
}
