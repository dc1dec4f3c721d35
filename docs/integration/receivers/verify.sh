#!/bin/sh
# Verifies one callback that was stored with its headers: curl, openssl and a POSIX shell.
#
#     CHANCERY_CALLBACK_SECRET=whsec_... ./verify.sh ID TIMESTAMP SIGNATURES < body
#
# The arguments are the values of webhook-id, webhook-timestamp and webhook-signature. The exit
# status is 0 if a signature is right and the timestamp is within five minutes of now.
set -eu
id=$1 timestamp=$2 signatures=$3

case $timestamp in '' | *[!0-9]*) echo "the timestamp is not a number" >&2; exit 1 ;; esac
age=$(($(date +%s) - timestamp))
if [ "$age" -gt 300 ] || [ "$age" -lt -300 ]; then
    echo "the timestamp is more than five minutes from now" >&2
    exit 1
fi

key=$(printf %s "${CHANCERY_CALLBACK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=v1,$({ printf %s "$id.$timestamp."; cat; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

# After a change of the secret there are two signatures.
for each in $signatures; do
    if [ "$each" = "$expected" ]; then
        echo "genuine: $id"
        exit 0
    fi
done
echo "no signature is right" >&2
exit 1
