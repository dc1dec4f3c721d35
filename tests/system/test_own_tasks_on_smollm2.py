"""The example files of departments' own tasks on vLLM: guided decoding supports their schemas.

SmolLM2 is a small English model, so only the form of its output is tested.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tasks.department_tasks.file import read_file
from tasks.department_tasks.run import task_of
from tasks.department_tasks.trial import case_document
from worker.engine.session import EngineSession

EXAMPLES = Path(__file__).parents[2] / "docs/examples/tasks"


@pytest.mark.parametrize("name", ["permit_summary", "complaint_triage"])
async def test_the_result_of_an_example_matches_its_schema(
    smollm2_engine: EngineSession, name: str
) -> None:
    file = read_file(EXAMPLES / f"{name}.yaml")
    checks = [rule.model_copy(update={"on_failure": "report"}) for rule in file.definition.checks]
    definition = file.definition.model_copy(update={"checks": checks})
    task, case = task_of(definition, file.digest), definition.cases[0]
    options = task.options.model_validate(case.options)
    result = await task.run(case_document(file, case), options, smollm2_engine)
    Draft202012Validator(definition.result_schema).validate(result.data)
    assert [report.check for report in result.checks] == [rule.check for rule in checks]
