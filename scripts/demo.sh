#!/usr/bin/env bash
# `make demo`: fills a running instance, without docker, with what a small team
# would have: 6 repositories in nested namespaces, 40 tags on 19 images of two
# platforms that share their layers, with attestations and SBOMs.
#
#   URL=https://registry.example.com scripts/demo.sh    another instance
#   PORTOLAN_USER=admin:PASSWORD scripts/demo.sh        as somebody who may push there
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

URL=${URL:-http://127.0.0.1:8080}
URL=${URL%/}
case $URL in *://*) ;; *) URL=http://$URL ;; esac
HOST=${URL#*://}

# repository <- layout: image=tag,tag,...
DEMO='
platform/base      base     1.0.0=1.0.0,1.0        1.1.0=1.1.0,1.1,1,latest            epoch=reproducible
platform/debug     debug    1.0.0=1.0.0            1.1.0=1.1.0,1.1,latest
team/web           web      1.3.0=1.3.0,1.3        1.4.0=1.4.0  1.4.1=1.4.1,prod  1.4.2=1.4.2,1.4,latest  1.5.0-rc.1=1.5.0-rc.1  1.5.0-rc.2=1.5.0-rc.2,staging
team/api           api      2.0.0=2.0.0,2.0        2.1.0=2.1.0,prod  2.1.1=2.1.1,2.1,latest,staging
team/jobs/mailer   mailer   0.9.0=0.9.0,prod       0.9.1=0.9.1,0.9,latest
tools/toolbox      toolbox  2025.01=2025.01        2025.02=2025.02,stable  2025.03=2025.03,latest
'

answer() {
    curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$URL/v2/" || true
}

check_instance() {
    case $(answer) in
        200) ;;
        401)
            [ -n "${PORTOLAN_USER:-}" ] || fail "$URL wants to know who is pushing." \
                "Give a name and a password: PORTOLAN_USER=name:password make demo"
            ;;
        000) fail "Nothing answers at $URL." \
            "Start Portolan in another terminal with: make serve" "or name the instance to fill: make demo URL=http://host:port" ;;
        *) fail "$URL/v2/ does not answer like a registry (status $(answer))." \
            "Name the instance to fill: make demo URL=http://host:port" ;;
    esac
}

# Loopback is plain http; everywhere else skopeo checks the certificate.
tls=true
case $URL in http://*) tls=false ;; esac

# push LAYOUT IMAGE REPOSITORY[:TAG|@DIGEST]
push() {
    skopeo copy --quiet --all --dest-tls-verify="$tls" ${PORTOLAN_USER:+--dest-creds "$PORTOLAN_USER"} \
        "oci:$FIXTURES/$1:$2" "docker://$HOST/$3" || fail "$3 could not be pushed to $URL: skopeo says why above"
}

# A referrer has no tag: it is pushed by its digest and found by its subject.
push_sbom() { # LAYOUT REPOSITORY
    local digest
    digest=$(python3 -c 'import json, sys; print(next(it["digest"] for it in json.load(sys.stdin)["manifests"]
        if it["annotations"]["org.opencontainers.image.ref.name"] == "sbom"))' <"$FIXTURES/$1/index.json")
    push "$1" sbom "$2@$digest"
}

fill() {
    local repository layout images image tag count=0
    while read -r repository layout images; do
        [ -n "$repository" ] || continue
        for image in $images; do
            for tag in $(tr ',' ' ' <<<"${image#*=}"); do
                push "$layout" "${image%%=*}" "$repository:$tag"
                count=$((count + 1))
            done
        done
        push_sbom "$layout" "$repository"
        printf '  %2d tags  %s\n' "$count" "$repository"
    done <<<"$DEMO"
}

check_instance
"$ROOT/scripts/setup.sh" demo
"$ROOT/scripts/fixtures.sh"
say "pushing 40 tags to $URL" "30 s"
fill
say "done in $SECONDS s. Open $URL/repositories"
