# Somebody mounts what is theirs in the root of a guest, which will be wiped.
root=$(machinectl show --property=RootDirectory --value wiped)
mkdir -p "$root/mnt/precious"
mount --bind /srv/precious "$root/mnt/precious"
