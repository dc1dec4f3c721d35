"""The example in `docs/own-tasks.md` is valid and gives the result on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

from standin.scripted_engine import ScriptedEngine
from tasks.department_tasks.checks import CHECK_NAMES
from tasks.department_tasks.file import OwnFile, read_file
from tasks.department_tasks.run import task_of
from tasks.department_tasks.trial import case_document, differences_of, try_case
from tests.unit.tasks.department_tasks.own_tasks import file_of

PAGE = (Path(__file__).parents[4] / "docs/own-tasks.md").read_text("utf-8")
(TASK,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(RESULT,) = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def example(folder: Path) -> OwnFile:
    path = folder / "notice_date.yaml"
    path.write_text(TASK, "utf-8")
    return read_file(path)


async def test_the_example_gives_the_result_on_the_page(tmp_path: Path) -> None:
    file = example(tmp_path)
    (case,) = file.definition.cases
    task = task_of(file.definition, file.digest)
    engine = ScriptedEngine(lambda _: RESULT["data"])
    document = case_document(file, case)
    result = await task.run(document, task.options.model_validate(case.options), engine)
    assert result.model_dump(mode="json") == RESULT
    assert list(differences_of(case.expect, result)) == []
    assert (await try_case(file, case, document, engine)).passed
    assert f"`{task.version}`" in PAGE


def test_every_field_and_every_check_is_on_the_page(tmp_path: Path) -> None:
    definition = file_of(tmp_path).definition
    for field in type(definition).model_fields:
        assert f"`{field}`" in PAGE or f"`{field}." in PAGE
    for check in CHECK_NAMES:
        assert f"| `{check}` |" in PAGE
