#!/bin/bash
# Checks that every file in the lock files is on the package index with its digest, for each
# supported Python and processor. Fetches only metadata, in about ten seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
engine=deploy/engine/cpu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

resolve() {
    local platform=$1 python=$2
    shift 2
    if ! .venv/bin/uv pip install -q --dry-run --target "$folder" --require-hashes --no-deps \
        --python-version "$python" --python-platform "$platform" "$@"; then
        echo "locks: not installable with Python $python on $platform: $*" >&2
        exit 1
    fi
}

for python in 3.11 3.12 3.13; do
    for machine in x86_64 aarch64; do
        # streaming-form-data has wheels only for x86_64, odfpy none.
        compiled=(--only-binary :all: --no-binary odfpy)
        [[ $machine == x86_64 ]] || compiled+=(--no-binary streaming-form-data)
        resolve "$machine-manylinux_2_28" "$python" "${compiled[@]}" -r requirements.lock
        resolve "$machine-manylinux_2_28" "$python" "${compiled[@]}" -r requirements-dev.lock
        resolve "$machine-manylinux_2_31" "$python" --only-binary :all: \
            -r $engine/requirements.lock -r $engine/torch-public.lock -r $engine/smollm2.lock
        # For aarch64 some requirements of vLLM for CUDA have no wheels.
        [[ $machine == aarch64 ]] || resolve "$machine-manylinux_2_31" "$python" \
            --only-binary :all: -r deploy/engine/cuda/requirements.lock
    done
done
echo "locks: all files found with their digests, for Python 3.11 to 3.13 on x86_64 and aarch64"
