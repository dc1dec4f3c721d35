"""The network policies of the chart: what each role reaches."""

from __future__ import annotations

import json

from tests.unit.deploy.chart.rendered import (
    FAST,
    ISSUER,
    OWN_ENGINE,
    ROLES,
    TRACES,
    every_installation,
    policy,
)


@every_installation
def test_only_the_courier_reaches_the_departments(values: tuple[str, ...]) -> None:
    everywhere = {
        role for role in ROLES if "0.0.0.0/0" in json.dumps(policy(values, role).get("egress", []))
    }
    assert everywhere == {"courier"}
    # Cloud metadata servers hold credentials.
    assert "169.254.0.0/16" in json.dumps(policy(values, "courier")["egress"])
    assert policy(values, "none") == {
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "chancery",
                "app.kubernetes.io/instance": "ch",
            }
        },
        "policyTypes": ["Ingress", "Egress"],
    }


def to(address: str) -> str:
    return f'[{{"to":[{{"ipBlock":{{"cidr":"{address}/32"}}}}]}}]'


def test_roles_reach_what_their_settings_name() -> None:
    values = (
        *(*OWN_ENGINE, FAST, TRACES, ISSUER),
        "networkPolicy.engineTo=" + to("10.0.0.3"),
        "networkPolicy.tracesTo=" + to("10.0.0.4"),
        "networkPolicy.identityProviderTo=" + to("10.0.0.5"),
    )
    reached = {
        role: {end for end in "345" if f"10.0.0.{end}/32" in json.dumps(policy(values, role))}
        for role in ROLES
    }
    assert reached == {
        "api": {"4", "5"},
        "worker": {"3", "4"},
        "courier": {"4"},
        "scheduler": set(),
        "flower": set(),
    }


def test_redis_is_reached_by_this_release_alone() -> None:
    found = policy(OWN_ENGINE, "redis")
    assert [list(rule["from"][0]) for rule in found["ingress"]] == [["podSelector"]]
