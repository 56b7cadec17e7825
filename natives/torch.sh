# shellcheck shell=bash
# Chooses the PyTorch that the engine computes with; sourced by ../ffc and ./with.
#
# use_torch CHOICE JDK exports what makes DJL load it. CHOICE is what FFC_TORCH says: a python that
# has torch, a folder of a libtorch (with lib/ and include/), or auto: the torch of python3 if this
# machine has a GPU, otherwise nothing. The bridge between DJL and that PyTorch is compiled once
# and kept in the user's cache. Refusals go through fail CODE MESSAGE of the caller.

readonly natives=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
readonly oldest_torch=2.4
torch_news=2 # where to say how far it is

has_gpu() {
  compgen -G "/proc/driver/nvidia/gpus/*" >/dev/null || nvidia-smi -L 2>/dev/null | grep -q '^GPU '
}

find_torch() { # CHOICE; sets torch, the folder with lib/ and include/
  if [[ -d $1 ]]; then
    torch=$(readlink -f "$1")
    [[ -e $torch/libtorch.so ]] && torch=$(dirname "$torch")
    [[ -e $torch/lib/libtorch.so ]] || fail 2 "FFC_TORCH=$1 has no lib/libtorch.so: name the folder of a libtorch, or a python that has torch"
    return
  fi
  local python answer
  python=$(command -v "$1") || fail 2 "FFC_TORCH=$1 is no program and no folder: name a python that has torch, the folder of a libtorch, or auto"
  # Without importing it, which takes seconds.
  answer=$("$python" -c 'import importlib.util as u
s = u.find_spec("torch")
print("torch:" + (s.submodule_search_locations[0] if s else ""))' 2>&1 </dev/null) \
    || fail 2 "FFC_TORCH=$1: $python fails: $(tail -n 1 <<<"$answer")"
  answer=$(tail -n 1 <<<"$answer")
  [[ $answer == torch:* ]] || fail 2 "FFC_TORCH=$1: $python is no python: it says ${answer:-nothing}"
  torch=${answer#torch:}
  [[ -n $torch ]] || fail 2 "FFC_TORCH=$1: $python has no torch: install it ($python -m pip install torch), name another python, or unset FFC_TORCH"
  [[ -e $torch/lib/libtorch.so ]] || fail 2 "FFC_TORCH=$1: $torch has no lib/libtorch.so: install torch from its own wheels, or name the folder of a libtorch"
}

read_version() { # sets version from the headers
  local header="$torch/include/torch/csrc/api/include/torch/version.h" part
  local moved="$torch/include/torch/headeronly/version.h" # in newer ones
  [[ -r $header ]] || fail 2 "$torch comes without headers ($header is missing): install torch from its own wheels or libtorch's archive"
  [[ -r $moved ]] && header=$moved
  version=
  for part in MAJOR MINOR PATCH; do
    version+=.$(sed -n "s/^#define TORCH_VERSION_$part \([0-9]*\).*/\1/p" "$header")
  done
  version=${version#.}
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail 2 "$header does not say which version of PyTorch this is"
  [[ $(printf '%s\n' "$oldest_torch" "$version" | sort -V | head -n 1) == "$oldest_torch" ]] \
    || fail 2 "PyTorch $version in $torch is too old: install $oldest_torch or newer"
}

check_compiler() { # JDK
  command -v "${CXX:-g++}" >/dev/null || fail 2 "no ${CXX:-g++} found, the bridge to PyTorch $version is compiled at its first start: install g++ 11 or newer (Debian: apt install g++), or unset FFC_TORCH"
  [[ -r $1/include/jni.h ]] || fail 2 "$1 has no include/jni.h, the bridge to PyTorch $version is compiled at its first start: install a JDK 17 or newer, not a JRE (Debian: apt install openjdk-17-jdk-headless)"
}

compile() { # JDK, new folder
  local abi=0
  # Until 2.6 PyTorch's wheels had the strings of old compilers.
  grep -q -m 1 NSt7__cxx1112basic_string "$torch/lib/libc10.so" && abi=1
  local header options=() cuda=${CUDA_HOME:-/usr/local/cuda}/include folder pips=()
  local compiler=("${CXX:-g++}" -std=c++20 -O1 -fPIC -Wall -Wextra -D_GLIBCXX_USE_CXX11_ABI=$abi
    -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include")
  # PyTorch's packages bring gloo, but not the headers that its own headers ask for.
  if grep -q -m 1 c10d16ProcessGroupGlooC1 "$torch/lib/libtorch_cpu.so"; then
    options+=(-DFFC_GLOO)
    # Without NCCL if its headers or those of CUDA are missing, or others than PyTorch wants. What a
    # small toolkit lacks, such as cuSPARSE, may have come with PyTorch from pip.
    for folder in "${torch%/*}"/nvidia/*/include; do pips+=(-isystem "$folder"); done
    if [[ -e $torch/lib/libtorch_cuda.so && -r $cuda/cuda_runtime.h ]] \
      && "${compiler[@]}" -isystem "$cuda" "${pips[@]}" \
        -c "$natives/nccl.cpp" -o "$2/nccl.o"; then
      options+=(-DFFC_NCCL "$2/nccl.o" -ltorch_cuda)
    fi
  fi
  for header in algorithm common/error context rendezvous/store transport/device; do
    mkdir -p "$2/include/gloo/${header%/*}"
    echo '#include "gloo.h"' >"$2/include/gloo/$header.h"
  done
  "${compiler[@]}" -shared -idirafter "$2/include" -idirafter "$natives" \
    -isystem "$1/include" -isystem "$1/include/linux" "$natives/bridge.cpp" \
    -o "$2/libdjl_torch.so" -L"$torch/lib" "${options[@]}" -ltorch -ltorch_cpu -lc10 \
    -Wl,-rpath,"$torch/lib" && rm -rf "$2/include" "$2/nccl.o" \
    && ln -s "$torch/lib/libtorch.so" "$2/libtorch.so" # DJL loads the folder with this name in it
}

# Compiles in a process group of its own, says every ten seconds that it does, and leaves nothing
# when it is told to stop. The lock stays with the compiler for as long as it runs.
compile_aside() { # JDK, new folder
  local job built=0 since=$SECONDS said=0
  set -m
  compile "$1" "$2" >"$2/compiler.log" 2>&1 </dev/null &
  job=$!
  set +m
  # shellcheck disable=SC2064 # their values of now
  local stop="trap - TERM INT HUP; kill -- -$job 2>/dev/null || true; wait $job 2>/dev/null || true; rm -rf '$2'; exit"
  trap "$stop 143" TERM
  trap "$stop 130" INT
  trap "$stop 129" HUP
  trap '' PIPE # doctor, which reads what this says, may be gone before it
  while kill -0 "$job" 2>/dev/null; do
    sleep 0.5
    kill -0 $$ 2>/dev/null || eval "$stop 143" # the launcher has gone, this is a part of it
    if ((SECONDS - since >= said + 10)); then
      said=$((SECONDS - since))
      echo "ffc: compiling for $said s" >&"$torch_news"
    fi
  done
  wait "$job" || built=$?
  trap - TERM INT HUP PIPE
  return "$built"
}

build_bridge() { # JDK; sets bridge, the folder to load
  local cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/ffc/natives sources aside
  sources=$(cat "$natives"/*.h "$natives"/*.cpp "$natives/torch.sh")
  local key
  key=$(sha256sum <<<"$torch $(stat -Lc '%s %Y' "$torch/lib/libtorch_cpu.so") $sources")
  bridge=$cache/$version-${key:0:16}
  [[ -e $bridge/libdjl_torch.so ]] && return
  check_compiler "$1"
  mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]] \
    || fail 2 "cannot write into $cache, where the bridge to PyTorch is kept: set XDG_CACHE_HOME to a folder that can be written"
  exec 8>"$cache/.lock"
  flock 8
  if [[ ! -e $bridge/libdjl_torch.so ]]; then
    rm -rf "$cache"/.new-* # of processes that were killed: who works on one holds the lock
    echo "ffc: compiling the bridge to PyTorch $version in $torch (once, half a minute)" >&"$torch_news"
    aside=$(mktemp -d "$cache/.new-XXXXXX")
    if ! compile_aside "$1" "$aside"; then
      mv "$aside/compiler.log" "$bridge.log"
      rm -rf "$aside"
      fail 1 "the bridge to PyTorch $version does not compile: $(grep -m 1 -E 'error' "$bridge.log" || tail -n 1 "$bridge.log") (all of it is in $bridge.log)"
    fi
    chmod 755 "$aside"
    sync "$aside/libdjl_torch.so" 2>/dev/null || true
    rm -rf "$bridge" "$bridge.log" # half a folder, perhaps
    mv "$aside" "$bridge"
  fi
  exec 8>&-
}

use_torch() { # CHOICE, JDK
  local torch version bridge choice=$1
  if [[ $choice == auto ]]; then
    has_gpu || return 0
    choice=python3
  fi
  find_torch "$choice"
  read_version
  build_bridge "$2"
  export TORCH_CPP_LOG_LEVEL=${TORCH_CPP_LOG_LEVEL:-FATAL} # exceptions tell what fails
  export PYTORCH_LIBRARY_PATH=$bridge PYTORCH_VERSION=$version PYTORCH_FLAVOR=cpu
  if [[ -e $torch/lib/libtorch_cuda.so ]]; then PYTORCH_FLAVOR=cuda; fi
}
