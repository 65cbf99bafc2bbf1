# What is the host's own: bound into guests, or nobody's business at all.
mkdir -p /mnt/data/deep /mnt/added /srv/precious/deep
for folder in /mnt/data /mnt/added /srv/precious; do
    head -c 300000 /dev/urandom >"$folder/random"
    echo "of $folder" >"$folder/text"
done
ln -s text /mnt/data/link
ln /srv/precious/text /srv/precious/deep/again
chmod 640 /srv/precious/random
chown 1000:1000 /mnt/data/deep
