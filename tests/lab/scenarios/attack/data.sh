# What is the host's own: bound into guests, or nobody's business at all.
mkdir -p /mnt/data/deep /mnt/added /srv/precious/deep
for directory in /mnt/data /mnt/added /srv/precious; do
    head -c 300000 /dev/urandom >"$directory/random"
    echo "of $directory" >"$directory/text"
done
ln -s text /mnt/data/link
ln /srv/precious/text /srv/precious/deep/again
chmod 640 /srv/precious/random
chown 1000:1000 /mnt/data/deep
