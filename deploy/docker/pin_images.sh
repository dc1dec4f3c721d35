#!/bin/sh
# Prints the images of docker-compose.yml by their digests, as lines for .env. Pull them first:
#   docker compose --profile monitoring pull --ignore-buildable
#   deploy/docker/pin_images.sh >> .env
# CHANCERY_IMAGE is built here: it has no digest until it is pushed to a registry.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
status=0
for variable in $(grep -o '\${CHANCERY_[A-Z]*_IMAGE:-[^}]*}' "$root/docker-compose.yml" | sort -u); do
    name=${variable#??}
    image=${name#*:-}
    image=${image%\}}
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$image" 2>/dev/null) || digest=
    if [ -n "$digest" ]; then
        echo "${name%%:-*}=$digest"
    else
        echo "$image has no digest here: docker pull $image" >&2
        status=1
    fi
done
exit "$status"
