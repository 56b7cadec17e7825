#!/usr/bin/env bash
# Runs a packed program (./ffc pack) where there is nothing else: a root of its own without JDK, Maven, home folder and
# network, in which only bash and its tools, g++, and a Python with torch are seen.
#   bench/pack_check.sh [PYTHON] [STEPS]     (python3, 400 steps of the quick start unless FFC_TRY says less)
# Says why not, and exits with 77, where no such root can be made. PACK=FOLDER takes one that is there already.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }

top=$(dirname "$(dirname "$(readlink -f "$0")")")
python=$(command -v "${1:-python3}") || { echo "no ${1:-python3} here"; exit 2; }
steps=${2:-400}
"$python" -c 'import torch' 2>/dev/null || { echo "skipped: $python has no torch"; exit 77; }
kind=()
if ! unshare --mount --net --pid --fork true 2>/dev/null; then
  kind=(--map-root-user)
  unshare "${kind[@]}" --mount --net --pid --fork true || { echo "skipped: no namespaces can be made here"; exit 77; }
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=${PACK:-$work/ffc}
[[ -n ${PACK:-} ]] || "$top/ffc" pack --out "$pack"
[[ -n ${NO_XZ:-} ]] || tar -C "$pack" --exclude=./data -cf - . | xz -6 -T0 | wc -c |
  awk '{printf "as tar.xz without the images: %.1f MB\n", $1 / 1e6}'
du -sb "$pack/data" 2>/dev/null | awk '{printf "the images: %.1f MB\n", $1 / 1e6}' || true

# What stands in for a machine: its /usr without Java and Maven, the folder of the Python, nothing of /etc but what
# links g++ and names users.
cat >"$work/inside.sh" <<'INSIDE'
set -euo pipefail
root=$1 pack=$2 python=$3 steps=$4
mount -t tmpfs tmpfs "$root"
mkdir -p "$root"/{usr,dev,proc,tmp,etc,ffc}
mount --rbind /usr "$root/usr"
for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
mkdir "$work/empty"
for hidden in /usr/lib/jvm /usr/share/maven /usr/share/java /usr/share/maven-repo /usr/local; do
  [[ ! -d $hidden ]] || mount --bind "$work/empty" "$root$hidden"
done
# The libraries of images and fonts, which the packed runtime brings, must not be taken from the machine.
for library in "$root"/usr/lib/*/lib{jpeg,turbojpeg,lcms2,freetype,harfbuzz,png16,graphite2}.so*; do
  [[ ! -e $library ]] || mount --bind /dev/null "$library"
done
for prefix in $("$python" -c 'import sys; print(sys.prefix, sys.base_prefix)'); do
  [[ $prefix == /usr ]] || { mkdir -p "$root$prefix" && mount --rbind "$prefix" "$root$prefix"; }
done
cp -r /etc/alternatives "$root/etc/"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
cp -r "$pack/." "$root/ffc/"
! chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin sh -c 'command -v java mvn javac' || { echo "a Java is seen"; exit 1; }
run() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin FFC_TORCH="$python" FFC_TRY="${FFC_TRY:-}" /bin/bash -c "cd /ffc && $*"; }
run ./ffc --version
run ./ffc doctor || true
run ./ffc train configs/quickstart.yaml --set run.steps="$steps" --out runs/one
run test -s runs/one/report.html
FFC_TRY=3 run ./ffc train configs/quickstart.yaml --trainers 2 --out runs/two
chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin /bin/bash -c 'cd /ffc && ./ffc --version' && exit 1
echo "pack_check: done"
INSIDE
mkdir "$work/root"
work=$work unshare "${kind[@]}" --mount --net --pid --fork bash -c 'ip link set lo up 2>/dev/null; exec bash "$@"' bash \
  "$work/inside.sh" "$work/root" "$pack" "$python" "$steps"
