//! `container-rebuild`: what `nixos-rebuild` is to a NixOS host, for its containers alone.
