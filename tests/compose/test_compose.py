"""`docker compose up -d --wait`, with the stand-in engine instead of a GPU."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.compose.project import LOGIN, RECEIVER, Compose, Department, System, answers

pytestmark = pytest.mark.timeout(700)

LAW = (
    "第一条　为了规范税收征收管理，保障国家税收收入，制定本法。\n"
    "第二条　凡依法征收的各种税收，均适用本法。"
)
SCAN = Path(__file__).parents[1] / "samples/archives-law-scan.png"
VALKEY_CLI = ("sh", "/usr/local/lib/chancery/valkey.sh", "cli")
SERVICES = {"api", "worker", "courier", "scheduler", "flower"}


def finish(department: Department, text: str) -> dict[str, Any]:
    """Submit a job with a callback, and wait for its end."""
    request = {"task": "summarize", "input": {"text": text}, "callback_url": RECEIVER}
    submitted = department.http.post("/v1/jobs", json=request)
    assert submitted.status_code == 202, submitted.text
    deadline = time.monotonic() + 60
    job: dict[str, Any] = submitted.json()
    while job["status"] in {"queued", "running"} and time.monotonic() < deadline:
        job = department.http.get(f"/v1/jobs/{job['id']}", params={"wait": 20}).json()
    return job


def callback_of(compose: Compose, job_id: str) -> tuple[dict[str, str], bytes]:
    """Wait for the callback of a job, 60 s at most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for headers, body in compose.callbacks():
            if json.loads(body)["data"]["id"] == job_id:
                return headers, body
        time.sleep(0.2)
    pytest.fail(f"no callback for {job_id} in 60 s")


def reaches(compose: Compose, service: str, host: str, port: int) -> bool:
    """Whether the service can connect to the host and port."""
    code = (
        "import socket, sys\n"
        "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)\n"
        "except OSError: print('no')\n"
        "else: print('yes')"
    )
    return compose("exec", "-T", service, "python", "-c", code, host, str(port)).strip() == "yes"


def test_the_system_is_ready_when_every_service_is_healthy(system: System) -> None:
    url = f"http://127.0.0.1:{system.compose.api_port}/readyz"
    deadline = time.monotonic() + 30
    while (answer := httpx.get(url, trust_env=False, timeout=30)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)


def test_a_job_through_the_published_port_ends_in_a_callback_with_a_valid_signature(
    system: System, department: Department
) -> None:
    job = finish(department, LAW)
    assert job["status"] == "succeeded", job["error"]

    headers, body = callback_of(system.compose, job["id"])
    event = Webhook(department.secret).verify(body, headers)
    assert event["type"] == "job.succeeded"
    assert event["data"]["result"] == job["result"]


def test_a_document_uploaded_to_the_api_is_read_by_the_worker_from_the_shared_store(
    system: System, department: Department
) -> None:
    document = department.http.post(
        "/v1/documents",
        content=LAW.encode("gb18030"),
        headers={
            "content-type": "text/plain",
            "content-disposition": 'attachment; filename="law.txt"',
        },
    )
    assert document.status_code == 201, document.text
    request = {"task": "summarize", "input": {"document_id": document.json()["id"]}}
    job_id = department.http.post("/v1/jobs", json=request).json()["id"]
    job = department.http.get(f"/v1/jobs/{job_id}", params={"wait": 30}).json()
    assert job["status"] == "succeeded", job["error"]


def test_a_scan_is_read_by_ocr_in_the_worker_s_container(department: Department) -> None:
    with SCAN.open("rb") as scan:
        answer = department.http.post(
            "/v1/jobs", data={"job": '{"task": "parse"}'}, files={"file": (SCAN.name, scan)}
        )
    assert answer.status_code == 202, answer.text
    url = f"/v1/jobs/{answer.json()['id']}"
    job = department.http.get(url, params={"wait": 60}).json()
    assert job["status"] == "succeeded", job["error"]
    result = department.http.get(f"{url}/result").json()
    assert "档案" in result["markdown"]


def test_only_the_api_and_flower_are_published_and_only_on_the_loopback(system: System) -> None:
    published = {
        (service, binding["HostIp"], int(binding["HostPort"]))
        for service, container in system.compose.containers().items()
        for bindings in container["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    assert published == {
        ("api", "127.0.0.1", system.compose.api_port),
        ("flower", "127.0.0.1", system.compose.flower_port),
    }
    assert {port for port in (6379, 8000) if answers(port)} <= system.open_before


def test_each_service_reaches_only_the_services_that_it_needs(system: System) -> None:
    compose = system.compose
    assert reaches(compose, "worker", "redis", 6379)
    assert reaches(compose, "worker", "engine", 8000)
    assert reaches(compose, "courier", "oa.tax.test", 9000)
    assert not reaches(compose, "engine", "redis", 6379)
    assert not reaches(compose, "courier", "engine", 8000)
    for host, port in (("redis", 6379), ("engine", 8000), ("flower", 5555)):
        assert not reaches(compose, "receiver", host, port)


def test_flower_requires_its_login(system: System) -> None:
    url = f"http://127.0.0.1:{system.compose.flower_port}/workers"
    with httpx.Client(trust_env=False, timeout=20) as http:
        assert http.get(url).status_code == 401
        assert http.get(url, auth=(LOGIN[0], "wrong")).status_code == 401
        assert http.get(url, auth=LOGIN).status_code == 200


def test_no_service_runs_as_root_or_can_write_outside_its_volumes(system: System) -> None:
    containers = system.compose.containers()
    for service in (*SERVICES, "redis"):
        configuration = containers[service]["HostConfig"]
        assert configuration["ReadonlyRootfs"], service
        assert configuration["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in configuration["SecurityOpt"], service
        assert system.compose("exec", "-T", service, "id", "-u").strip() != "0", service


def test_the_image_has_no_compiler_and_no_build_files(system: System) -> None:
    found = system.compose(
        *("exec", "-T", "api", "sh", "-c"),
        "for tool in cc gcc make git; do command -v $tool; done; ls -A /src /dist 2>&-; true",
    )
    assert found.strip() == ""
    image = system.compose.containers()["api"]["Config"]["Image"]
    history = subprocess.run(
        ["docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert "pip_conf" not in history
    assert "PIP_INDEX_URL" not in history


def test_redis_writes_to_disk_before_it_answers(system: System) -> None:
    def setting(name: str) -> str:
        return system.compose("exec", "-T", "redis", *VALKEY_CLI, "config", "get", name).split()[-1]

    assert setting("appendonly") == "yes"
    assert setting("appendfsync") == "always"
    assert setting("maxmemory-policy") == "noeviction"


def test_jobs_survive_a_restart_of_redis_and_worker_and_new_ones_run(
    system: System, department: Department
) -> None:
    before = finish(department, LAW)
    system.compose("restart", "redis", "worker", seconds=200)
    system.compose("up", "--detach", "--wait", "--wait-timeout", "120", seconds=180)

    kept = department.http.get(f"/v1/jobs/{before['id']}")
    assert kept.status_code == 200
    assert kept.json()["result"] == before["result"]

    after = finish(department, LAW + "\n第三条　本法自公布之日起施行。")
    assert after["status"] == "succeeded", after["error"]
    headers, body = callback_of(system.compose, after["id"])
    Webhook(department.secret).verify(body, headers)
