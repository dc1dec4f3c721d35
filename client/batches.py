"""Files and batches, blocking."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from client import batch_calls
from client.downloads import Lines, written_whole
from client.exchange import BatchWaiting
from client.models import Batch, BatchLine, Deleted, File
from client.result_lines import line_of
from client.transport import Transport
from client.uploads import Source


class Batches(Transport):
    """What `Chancery` does with many jobs at once."""

    def upload_file(
        self, source: Source, filename: str | None = None, *, idempotency_key: str | None = None
    ) -> File:
        """Send the lines of a batch: a path, bytes, or a binary file, which is streamed."""
        return self._send(batch_calls.upload_file(source, filename, idempotency_key))

    def file(self, file_id: str) -> File:
        return self._send(batch_calls.file(file_id))

    def file_content(self, file_id: str, path: str | os.PathLike[str]) -> Path:
        """Save a file, which is streamed; `path` is there only once it is whole.

        A connection that breaks is taken up where it broke. Raises `OSError` where `path` cannot
        be written.
        """
        place = Path(path)
        with written_whole(place) as file:
            for chunk in self._chunks(batch_calls.file_content(file_id)):
                file.write(chunk)
        return place

    def file_lines(self, file_id: str) -> Iterator[str]:
        """The lines of a file, without their ends, fetched while you iterate."""
        lines = Lines()
        for chunk in self._chunks(batch_calls.file_content(file_id)):
            yield from lines.cut(chunk)
        yield from lines.last()

    def delete_file(self, file_id: str) -> Deleted:
        return self._send(batch_calls.delete_file(file_id))

    def submit_batch(
        self,
        input_file_id: str | None = None,
        *,
        documents: Sequence[str | Mapping[str, Any]] | None = None,
        task: str | None = None,
        options: Mapping[str, Any] | None = None,
        model: str | None = None,
        endpoint: str = "/v1/jobs",
        completion_window: str = "24h",
        callback_url: str | None = None,
        lane: str | None = None,
        window: str | None = None,
        deadline: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Ask for many jobs: the lines of an input file, or one `task` on many `documents`.

        A document is the id of one that was sent before, or a mapping with `document_id`,
        `custom_id` and `metadata`. `endpoint` is what the file's lines are for, `/v1/jobs` or
        `/v1/chat/completions`. What has not ended after `completion_window` (`24h`, `90m`) expires.
        `lane` is `bulk` unless it is `interactive`; `window` is when the lines may run, such as
        `20:00-06:00 Asia/Shanghai`. Raises `ValueError` where these do not fit together.
        """
        return self._send(
            batch_calls.submit_batch(
                input_file_id,
                documents=documents,
                task=task,
                options=options,
                model=model,
                endpoint=endpoint,
                completion_window=completion_window,
                callback_url=callback_url,
                lane=lane,
                window=window,
                deadline=deadline,
                metadata=metadata,
                idempotency_key=idempotency_key,
            )
        )

    def batch(self, batch_id: str) -> Batch:
        return self._send(batch_calls.batch(batch_id))

    def wait_batch(self, batch_id: str, timeout: float) -> Batch:
        """The batch once it has ended, in whatever way. Raises `WaitTimeout` after `timeout` s."""
        waiting = BatchWaiting(timeout)
        while True:
            batch = self.batch(batch_id)
            if batch.ended:
                return batch
            time.sleep(waiting.pause(batch))

    def batch_results(self, batch_id: str) -> Iterator[BatchLine]:
        """What became of each line: those of the output file, then those of the error file.

        They are fetched while you iterate. A batch that goes on may have none yet.
        """
        batch = self.batch(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                for line in self.file_lines(file_id):
                    yield line_of(line, file_id)

    def batches(self) -> Iterator[Batch]:
        """The department's batches, newest first, fetched a page at a time while you iterate."""
        after: str | None = None
        while True:
            page = self._send(batch_calls.batches(after))
            yield from page.data
            after = page.last_id
            if not page.has_more or after is None:
                return

    def cancel_batch(self, batch_id: str) -> Batch:
        """Have no more of its lines run. What is done is kept."""
        return self._send(batch_calls.cancel_batch(batch_id))
