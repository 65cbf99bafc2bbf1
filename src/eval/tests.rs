//! What expressions evaluate to, each worked out by hand or seen with Nix.
