# Makes `/etc`, `/var` and the accounts what the system asks for. Runs before systemd at boot, and again on a running
# guest by `bin/switch-to-configuration`. Changes nothing when it has run before.

bb=@busybox@/bin/busybox
tree=@debianGuest@
export PATH=

# ---- /etc and /var of the tree, where they are missing ----

# Copies into folder $2 what $1 has and it has not. Goes down only into folders that both have, one `cp` for each.
fill() {
  from=$1 to=$2 again=
  set --
  for entry in "$from"/* "$from"/.[!.]*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    target=$to/${entry##*/}
    case "$target" in
      # What the system itself decides, what belongs to one guest alone, and what is of no use in one.
      /etc/hostname | /etc/hosts | /etc/machine-id | /etc/mtab | /etc/resolv.conf | /etc/systemd/system) continue ;;
      /etc/ssh/ssh_host_* | /etc/passwd- | /etc/group- | /etc/shadow- | /etc/gshadow- | /etc/rc?.d | /etc/init.d) continue ;;
      /var/lib/dpkg | /var/lib/apt | /var/cache/apt | /var/cache/debconf | /var/backups | /var/log/*.log) continue ;;
      /etc/os-release) [ -s "$target" ] || $bb cp "$tree/usr/lib/os-release" "$target" ;;
      *)
        if [ -d "$target" ] && [ -d "$entry" ] && [ ! -L "$target" ] && [ ! -L "$entry" ]; then
          again="$again ${entry##*/}"
        elif [ ! -e "$target" ] && [ ! -L "$target" ]; then
          set -- "$@" "$entry"
        fi
        ;;
    esac
  done
  [ $# = 0 ] || $bb cp -a "$@" "$to/"
  for name in $again; do (fill "$from/$name" "$to/$name"); done
}

# `fill` looks into folders that are there; what it leaves out lies in these.
$bb mkdir -p /etc/ssh /etc/systemd /var/cache /var/lib /var/log /tmp /root /home /srv /mnt /opt /media
[ -e /etc/machine-id ] || : >/etc/machine-id
read -r before 2>/dev/null </etc/.debian-guest || before=
if [ "$before" != "$tree" ]; then
  $bb rm -f /etc/ld.so.cache
  fill "$tree/etc" /etc
  fill "$tree/var" /var
  # The store holds neither owners nor modes.
  $bb find /etc /var -xdev ! -type l ! -perm -200 -exec "$bb" chmod u+w {} +
  $bb chmod 1777 /tmp /var/tmp
  $bb chmod 700 /root /var/lib/private
  $bb chmod 640 /etc/shadow /etc/gshadow
  $bb chown 0:42 /etc/shadow /etc/gshadow
  echo "$tree" >/etc/.debian-guest
fi

# ---- files of the system ----

# Each file of the system is a link into /etc/static, as on NixOS: what a former system had and this one has not is
# then a link that leads nowhere. A file with a mode of its own is copied and remembered.
$bb ln -sfn @system@/etc /etc/static.new
$bb mv -fT /etc/static.new /etc/static

while read -r name; do
  [ -e "/etc/static/$name" ] || $bb rm -f "/etc/$name"
done 2>/dev/null </etc/.copies
: >/etc/.copies

$bb find /etc -type l | while read -r link; do
  case "$($bb readlink "$link")" in
    /etc/static/*) [ -e "$link" ] || $bb rm -f "$link" ;;
  esac
done

while IFS='	' read -r name mode owner group; do
  file=/etc/$name
  $bb mkdir -p "${file%/*}"
  if [ "$mode" = symlink ]; then
    if [ -d "$file" ] && [ ! -L "$file" ]; then $bb rm -rf "$file"; fi
    [ "$($bb readlink "$file")" = "/etc/static/$name" ] || {
      $bb ln -sfn "/etc/static/$name" "$file.new"
      $bb mv -fT "$file.new" "$file"
    }
  else
    $bb rm -rf "$file.new"
    $bb cp -rL "/etc/static/$name" "$file.new"
    $bb chmod "$mode" "$file.new"
    if [ -d "$file" ]; then $bb rm -rf "$file"; fi
    $bb mv -fT "$file.new" "$file"
    echo "$name" >>/etc/.copies
  fi
done <@system@/files

# ---- accounts ----

in_use() { $bb cut -d: -f3 "$1" | $bb grep -qx "$2"; }

# The number that was asked for (`-` for any) unless it is taken, else the next free one in the direction $4.
number() {
  n=$2
  [ "$n" != - ] || n=$3
  while in_use "$1" "$n"; do n=$((n + $4)); done
  echo "$n"
}

# Puts $3 for field $2 of the line of $1 in file $4.
field() {
  NEW=$3 $bb awk -F: -v OFS=: -v name="$1" -v at="$2" '$1 == name { $at = ENVIRON["NEW"] } { print }' "$4" >"$4.new"
  $bb cmp -s "$4" "$4.new" || $bb cat "$4.new" >"$4"
  $bb rm "$4.new"
}

while IFS='	' read -r kind name id rest; do
  [ "$kind" = group ] || continue
  members=$rest
  [ "$members" != - ] || members=
  if ! $bb grep -q "^$name:" /etc/group; then
    echo "$name:x:$(number /etc/group "$id" 400 -1):$members" >>/etc/group
  elif [ -n "$members" ]; then
    field "$name" 4 "$members" /etc/group
  fi
done <@system@/accounts

while IFS='	' read -r kind name id first group comment home mode shell hash; do
  [ "$kind" = user ] || continue
  [ "$comment" != - ] || comment=
  [ "$hash" != - ] || hash='!'
  if [ "$first" = 1000 ]; then step=1; else step=-1; fi
  gid=$($bb awk -F: -v name="$group" '$1 == name { print $3 }' /etc/group)
  [ -n "$gid" ] || { echo "activate: $name: there is no group $group" >&2; exit 1; }
  if ! $bb grep -q "^$name:" /etc/passwd; then
    uid=$(number /etc/passwd "$id" "$first" "$step")
    echo "$name:x:$uid:$gid:$comment:$home:$shell" >>/etc/passwd
    echo "$name:$hash:1::::::" >>/etc/shadow
  else
    field "$name" 7 "$shell" /etc/passwd
  fi
  if [ "$mode" != - ] && [ ! -e "$home" ]; then
    $bb mkdir -p "$home"
    $bb chmod "$mode" "$home"
    $bb chown "$($bb awk -F: -v name="$name" '$1 == name { print $3 ":" $4 }' /etc/passwd)" "$home"
  fi
done <@system@/accounts

# Owners are names of accounts, or numbers with a plus.
while IFS='	' read -r name mode owner group; do
  [ "$mode" != symlink ] || continue
  case "$owner" in
    +*) owner=${owner#+} ;;
    *) owner=$($bb awk -F: -v name="$owner" '$1 == name { print $3 }' /etc/passwd) ;;
  esac
  case "$group" in
    +*) group=${group#+} ;;
    *) group=$($bb awk -F: -v name="$group" '$1 == name { print $3 }' /etc/group) ;;
  esac
  $bb chown "${owner:-0}:${group:-0}" "/etc/$name"
done <@system@/files

# ---- the rest ----

if [ -f @system@/resolv.conf ]; then $bb cp @system@/resolv.conf /etc/resolv.conf; fi
