"""The ledger against a model of it: whatever workers, departments and a scheduler do, in whatever
order, each job is in one place, ends once, and has one event.

Time is the server's own, so a lease is either long or over at once; the model knows which.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    invariant,
    multiple,
    precondition,
    rule,
)

from jobs.ledger.runs import Ending, Finish, LeaseRenewal, Room
from jobs.ledger.upkeep import Windows
from jobs.model.approval import Approval, ApprovalPolicy, Decision
from jobs.model.ids import new_callback_id
from jobs.model.job import Claim, Progress
from jobs.model.lanes import Lane
from jobs.model.problems import Problem, ProblemError
from jobs.model.states import JobStatus, JobSubstatus
from tests.integration.jobs.ledger.conftest import a_job, submit_job
from tests.integration.jobs.ledger.job_model import (
    LONG,
    OVER,
    SUSPECT_LOSSES,
    Model,
    Run,
)
from tests.integration.jobs.ledger.kept import check_kept
from tests.integration.jobs.ledger.machine import OnLedger, run_machine
from tests.transitions import transitions

P = "chancery:"
WORKERS = ("w1", "w2")
# Few, so that much happens to each.
MOST_JOBS = 3
ENGINE_LOST = "engine-unavailable"
ALLOWED = transitions("job")
LEDGER_STATES = (*JobStatus, *JobSubstatus)
REVIEWERS = ("李雷", "韩梅梅")


class LedgerMachine(OnLedger):
    jobs: Bundle[Model] = Bundle("jobs")
    runs: Bundle[Run] = Bundle("runs")
    # Jobs of all stories that were set aside, by what they killed.
    poisoned: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.models: list[Model] = []
        self.do(self.ledger.departments.create("tax"))
        self.approval: Literal["later", "over"] | None = None

    # What departments do.

    @precondition(lambda self: len(self.models) < MOST_JOBS)
    @rule(
        target=jobs,
        lane=st.sampled_from(Lane),
        called_back=st.booleans(),
        waits=st.sampled_from([None, "later", "due"]),
        deadline=st.sampled_from([None, "far", "passed"]),
    )
    def submit(
        self, lane: Lane, *, called_back: bool, waits: str | None, deadline: str | None
    ) -> Model:
        now = datetime.now(UTC)
        ago, until = now - timedelta(seconds=1), now + timedelta(hours=1)
        job = a_job(
            lane=lane,
            callback_id=new_callback_id() if called_back else None,
            callback_url="http://127.0.0.1:9/" if called_back else None,
            not_before={None: None, "later": until, "due": ago}[waits],
            deadline={None: None, "far": until + timedelta(hours=1), "passed": ago}[deadline],
        )
        self.do(submit_job(self.ledger, job))
        model = Model(job.id, lane, job.callback_id, JobStatus.queued)
        model.become(JobStatus.scheduled if waits == "later" else JobStatus.queued)
        model.deadline_passed = deadline == "passed"
        self.models.append(model)
        return model

    @rule(job=jobs)
    def cancel(self, job: Model) -> None:
        cancelled = self.do(self.ledger.jobs.cancel("tax", job.id))
        if not job.over:
            job.become(JobStatus.cancelled)
        assert cancelled is not None
        assert cancelled.status is job.status

    @rule(job=jobs)
    def cancel_anothers(self, job: Model) -> None:
        assert self.do(self.ledger.jobs.cancel("parks", job.id)) is None

    # What workers do.

    @rule(
        target=runs,
        job=jobs,
        worker=st.sampled_from(WORKERS),
        lease=st.sampled_from([LONG, LONG, OVER]),
        alone=st.booleans(),
    )
    def claim(
        self, job: Model, worker: str, lease: float, *, alone: bool
    ) -> Run | MultipleResults[Run]:
        claim = self.do(self._claim(job, worker, lease, alone=alone))
        if not self._may_be_claimed(job, alone=alone):
            assert claim is None
            return multiple()
        assert claim is not None
        assert claim.token > job.token
        assert claim.tries == job.tries
        job.claimed(claim, worker, lease)
        return Run(claim, job)

    @rule(target=runs, job=jobs, lease=st.sampled_from([LONG, OVER]), alone=st.booleans())
    def race_for(self, job: Model, lease: float, *, alone: bool) -> Run | MultipleResults[Run]:
        """Two workers ask for one job at one time."""

        async def both() -> list[Claim | None]:
            return await asyncio.gather(
                *(self._claim(job, worker, lease, alone=alone) for worker in WORKERS)
            )

        answers = zip(WORKERS, self.do(both()), strict=True)
        won = [(worker, claim) for worker, claim in answers if claim]
        assert len(won) == int(self._may_be_claimed(job, alone=alone))
        if not won:
            return multiple()
        ((worker, claim),) = won
        job.claimed(claim, worker, lease)
        return Run(claim, job)

    @rule(
        target=runs,
        worker=st.sampled_from(WORKERS),
        most=st.integers(0, 3),
        bulk=st.integers(0, 3),
        known=st.sampled_from([True, True, False]),
    )
    def claim_waiting(
        self, worker: str, most: int, bulk: int, *, known: bool
    ) -> MultipleResults[Run]:
        """Interactive jobs first, then bulk jobs; suspects are left for a claim alone."""
        if known:
            # It notes whether bulk work waits, and ends late jobs that it meets.
            self.do(self.ledger.upkeep.set_windows(Windows()))
            self._expire_late(Lane.bulk)
        else:
            self.redis.delete(f"{P}closed", f"{P}closed-digest")
        claims = self.do(self.ledger.runs.claim_waiting(worker, LONG, Room(most, 0, bulk)))
        runs = [Run(claim, self._model(claim.job.id)) for claim in claims.granted]
        # Without room no job is looked at, so that a late one counts as waiting.
        waiting = self._claimable if most else self._waiting
        left = len(waiting(Lane.interactive)) > most
        bulk = bulk if known and not left else 0
        expected = 0
        for lane, room in ((Lane.interactive, most), (Lane.bulk, bulk)):
            claimable = self._claimable(lane)
            # The earliest deadline is looked at first, so that all that have passed are ended.
            if room:
                self._expire_late(lane)
            expected += min(room, len(claimable))
        assert len(runs) == expected
        for run in runs:
            assert not run.job.deadline_passed
            run.job.claimed(run.claim, worker, LONG)
        return multiple(*runs)

    def _model(self, job_id: str) -> Model:
        (model,) = (job for job in self.models if job.id == job_id)
        return model

    def _waiting(self, lane: Lane) -> list[Model]:
        queued = [job for job in self.models if job.status is JobStatus.queued]
        return [job for job in queued if job.lane is lane and not job.suspect]

    def _expire_late(self, lane: Lane) -> None:
        for job in self._waiting(lane):
            if job.deadline_passed:
                job.become(JobStatus.expired)

    def _claimable(self, lane: Lane) -> list[Model]:
        return [job for job in self._waiting(lane) if not job.deadline_passed]

    async def _claim(self, job: Model, worker: str, lease: float, *, alone: bool) -> Claim | None:
        claims = await self.ledger.runs.claim([job.id], worker, lease, alone=alone)
        assert not claims.suspects or job.suspect
        return claims.granted[0] if claims.granted else None

    @staticmethod
    def _may_be_claimed(job: Model, *, alone: bool) -> bool:
        """Whether a claim should get the job. One that comes after its deadline ends it."""
        if job.status is not JobStatus.queued:
            return False
        if job.deadline_passed:
            job.become(JobStatus.expired)
            return False
        return alone or not job.suspect

    @rule(run=runs)
    def renew(self, run: Run) -> None:
        held = LeaseRenewal(run.job.id, run.claim.token, Progress(1, 2))
        lost = self.do(self.ledger.runs.renew("a bystander", [held], LONG))
        assert lost == (set() if run.holds else {run.job.id})
        if run.holds:
            run.job.lease_over = False

    @rule(run=runs, succeeded=st.booleans(), stored=st.booleans())
    def finish(self, run: Run, *, succeeded: bool, stored: bool) -> None:
        result = {"result_blob": "tax/aa/blob", "result_bytes": 3} if stored else {"result": "1"}
        ending = (
            Ending(JobStatus.succeeded, **result)
            if succeeded
            else Ending(JobStatus.failed, error=Problem("output-invalid", "x"))
        )
        job, holds, held = run.job, run.holds, succeeded and self.approval
        stands = self.do(self.ledger.runs.finish(run.claim, ending))
        # The run that ended the job may say so again; what it says then changes nothing.
        if not holds:
            again = Finish.held if job.awaits else Finish.ended
            assert stands == (again if job.ended_by == run.claim.token else Finish.refused)
        elif held and not stored:
            assert stands == Finish.unstored
        elif held:
            assert stands == Finish.held
            job.become(JobStatus.running)
            job.awaits, job.ended_by = self.approval, run.claim.token
        else:
            assert stands == Finish.ended
            job.become(ending.status)
            job.ended_by = run.claim.token

    # What reviewers do.

    @rule(until=st.sampled_from([None, "later", "later", "over"]))
    def require_approval(self, until: Literal["later", "over"] | None) -> None:
        within = timedelta(hours=1) if until == "later" else timedelta()
        policy = ApprovalPolicy({"summarize": None}, within) if until else None
        assert self.do(self.ledger.departments.set_approval("tax", policy))
        self.approval = until

    @rule(job=jobs, by=st.sampled_from(REVIEWERS), decision=st.sampled_from(Decision))
    def decide(self, job: Model, by: str, decision: Decision) -> None:
        rejected = decision is Decision.rejected
        error = Problem("rejected", "x") if rejected else None
        if job.awaits and (job.deadline_passed or job.awaits == "over"):
            job.become(JobStatus.expired)
        elif job.awaits:
            job.become(JobStatus.failed if rejected else JobStatus.succeeded)
            job.decided = by, decision
        deciding = self.ledger.approvals.decide("tax", job.id, Approval(decision, by), error=error)
        if job.decided != (by, decision):
            with pytest.raises(ProblemError) as refused:
                self.do(deciding)
            code = "already-decided" if job.decided else "not-awaiting-approval"
            assert refused.value.problem.code == code
            return
        ended = self.do(deciding)
        assert ended is not None
        assert ended.status is job.status

    @rule(job=jobs)
    def decide_for_another(self, job: Model) -> None:
        approval = Approval(Decision.approved, "x")
        assert self.do(self.ledger.approvals.decide("parks", job.id, approval)) is None

    @rule(
        run=runs,
        delay=st.sampled_from([0.0, 600.0]),
        counted=st.booleans(),
        code=st.sampled_from(["output-invalid", ENGINE_LOST]),
    )
    def requeue(self, run: Run, delay: float, code: str, *, counted: bool) -> None:
        job, holds = run.job, run.holds
        stands = self.do(
            self.ledger.runs.requeue(run.claim, delay_seconds=delay, counted=counted, code=code)
        )
        assert stands == holds
        if holds:
            job.tries += counted
            if code == ENGINE_LOST and job.alone:
                job.become(JobStatus.failed)
            else:
                job.losses += code == ENGINE_LOST
                job.become(JobStatus.scheduled if delay else JobStatus.queued)

    @rule(worker=st.sampled_from(WORKERS))
    def declare_dead(self, worker: str) -> None:
        held = [job for job in self.models if job.worker == worker]
        assert self.do(self.ledger.processes.declare_dead(worker)) == len(held)
        for job in held:
            self._rescue(job)

    @rule(
        target=runs,
        job=jobs,
        worker=st.sampled_from(WORKERS),
        times=st.integers(2, SUSPECT_LOSSES + 1),
        killed=st.sampled_from(["worker", "engine"]),
    )
    def run_until_it_dies(
        self, job: Model, worker: str, times: int, killed: str
    ) -> MultipleResults[Run]:
        """A job that kills the worker or the engine several times in turn. Rules in random order do
        so too rarely: in 30 stories no job died twice.
        """
        runs = list[Run]()
        for _ in range(times):
            run = self.claim(job, worker, LONG, alone=True)
            if not isinstance(run, Run):
                break
            runs.append(run)
            if killed == "worker":
                self.declare_dead(worker)
            else:
                self.requeue(run, 0.0, ENGINE_LOST, counted=False)
            self.every_job_is_as_the_model_says_and_in_one_place()
            if job.status is JobStatus.failed:
                self.poisoned[killed] += 1
        return multiple(*runs)

    # What the scheduler does.

    @rule()
    def run_due_work(self) -> None:
        due_work = self.do(self.ledger.upkeep.run_due_work())
        expired = [
            job
            for job in self.models
            if (job.deadline_passed and not job.over) or job.awaits == "over"
        ]
        for job in expired:
            job.become(JobStatus.expired)
        rescued = [job for job in self.models if job.in_run and job.lease_over]
        for job in rescued:
            self._rescue(job)
        assert (due_work.expired, due_work.rescued) == (len(expired), len(rescued))

    def _rescue(self, job: Model) -> None:
        job.deaths += 1
        job.become(JobStatus.failed if job.alone else JobStatus.queued)

    # What is always so.

    @invariant()
    def every_job_is_as_the_model_says_and_in_one_place(self) -> None:
        places = self._places()
        for job in self.models:
            record = self.redis.hgetall(f"{P}job:{job.id}")
            assert record["status"] == job.state
            if not job.over:
                assert int(record["deaths"]) == job.deaths
                assert int(record["tries"]) == job.tries
            assert bool(record.get("finished_at")) == job.over
            assert places.get(job.id, []) == self._place(job)
            self._note(job)

    @invariant()
    def every_ended_job_with_a_url_has_one_event(self) -> None:
        wanted = {job.callback_id for job in self.models if job.over and job.callback_id}
        assert set(self.redis.zrange(f"{P}callbacks:tax", 0, -1)) == wanted
        assert len(self.redis.keys(f"{P}callback:*")) == len(wanted)
        for job in self.models:
            if job.over and job.callback_id:
                event = self.redis.hgetall(f"{P}callback:{job.callback_id}")
                assert (event["type"], event["job_id"]) == (f"job.{job.status}", job.id)

    @invariant()
    def what_counts_jobs_agrees(self) -> None:
        endings = sum(int(count) for count in self.redis.hvals(f"{P}endings"))
        assert endings == sum(job.over for job in self.models)
        for state in LEDGER_STATES:
            listed = set(self.redis.zrange(f"{P}jobs:tax:{state}", 0, -1))
            assert listed == {job.id for job in self.models if job.state == state}
        for worker in WORKERS:
            held = set(self.redis.smembers(f"{P}held:{worker}"))
            assert held == {job.id for job in self.models if job.worker == worker}
        in_use = int(self.redis.hget(f"{P}document:tax:doc_1", "jobs") or 0)
        assert in_use == sum(not job.over for job in self.models)
        check_kept(self.redis)

    @staticmethod
    def _note(job: Model) -> None:
        """Each change of state is one that the scripts' table allows."""
        if job.states[-1] != job.state:
            # One rule may make two changes, through a state between them.
            next_ = ALLOWED[job.states[-1]]
            assert job.state in next_.union(*(ALLOWED[state] for state in next_))
            job.states.append(job.state)

    @staticmethod
    def _place(job: Model) -> list[str]:
        match job.status:
            case JobStatus.scheduled:
                return ["scheduled"]
            case JobStatus.queued:
                if job.suspect:
                    return ["suspects"]
                return ["ready:tax" if job.lane is Lane.interactive else "waiting:tax"]
            case JobStatus.running:
                return ["awaiting" if job.awaits else "running"]
            case _:
                return ["ended"]

    def _places(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        names = (
            "scheduled",
            "ready:tax",
            "suspects",
            "waiting:tax",
            "running",
            "awaiting",
        )
        places: dict[str, Any] = {name: self.redis.zrange(f"{P}{name}", 0, -1) for name in names}
        (ended,) = self.redis.keys(f"{P}ended:*") or (f"{P}ended:none",)
        places["ended"] = self.redis.lrange(ended, 0, -1)
        for name, ids in places.items():
            for job_id in ids:
                found.setdefault(job_id, []).append(name)
        return found


@pytest.mark.timeout(180)
def test_the_ledger_keeps_its_promises_in_whatever_order_things_happen(redis_url: str) -> None:
    LedgerMachine.poisoned.clear()
    run_machine(LedgerMachine, redis_url, examples=30)
    # Otherwise the stories show nothing about the rule for jobs that kill.
    assert set(LedgerMachine.poisoned) == {"worker", "engine"}
