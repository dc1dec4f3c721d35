"""What each problem asks of whoever gets it, served at `/problems/CODE`."""

from __future__ import annotations

from collections.abc import Mapping

WHAT_TO_DO: Mapping[str, str] = {
    "unauthorized": "Send `Authorization: Bearer KEY` with the department's API key. "
    "A key is shown once, when the operators make the department.",
    "not-found": "Check the identifier. What belongs to another department, or was kept as long "
    "as is set and then removed, is not found either.",
    "method-not-allowed": "Use one of the methods in the `Allow` header.",
    "invalid-request": "Mend what `errors` lists; each entry points to its place in the request. "
    "The same request will fail again.",
    "unknown-task": "Take the name of a task from GET /v1/tasks.",
    "callback-not-allowed": "Have the operators add the receiver's host to the department's "
    "allow-list, or use a URL that is on it.",
    "idempotency-mismatch": "Use a new Idempotency-Key for a new request, and the same key only "
    "to repeat exactly the same one.",
    "idempotency-in-progress": "Wait as long as `Retry-After` says and send the same again.",
    "request-timeout": "Send the whole body without long pauses.",
    "too-large": "Split the document, or have the operators raise the limit.",
    "text-too-long": "Split the text, or upload it as a document.",
    "rate-limited": "Wait as long as `Retry-After` says. Bulk work does not go faster by sending "
    "it faster.",
    "quota-in-flight": "Wait until jobs have ended, then send the same again. The header "
    "`RateLimit` of each answer to a submission says how many more may come.",
    "quota-queued": "Wait until jobs and lines of batches have begun, then send the same again. A "
    "batch of more lines than the whole quota never fits: split it, or ask the operators.",
    "quota-tokens": "Wait as long as `Retry-After` says, until the next day (UTC). What was "
    "accepted before stays; bulk work of it goes on then.",
    "system-full": "Wait as long as `Retry-After` says and send the same again.",
    "unavailable": "Wait as long as `Retry-After` says and send the same again, with the same "
    "Idempotency-Key.",
    "storage-full": "Wait, and tell the operators: the disk for documents is full.",
    "library-full": "Take documents out that are not needed, or begin another library.",
    "not-ended": "Ask again later, wait with GET /v1/jobs/ID?wait=60, or use a callback.",
    "no-result": "Look at the job's `error`: only a job that succeeded has a result.",
    "file-in-use": "Delete the file when the batches that use it have ended, or cancel them first.",
    "file-missing": "Upload the file again. Operators: all machines must share one store.",
    "range-not-satisfiable": "Ask for a range that begins before the file's end, which "
    "`Content-Range` gives. An output file grows while its batch runs: ask again later.",
    "poisoned": "Do not send the document again as it is; show it to the operators.",
    "cancelled": "Submit it again if the result is still wanted.",
    "expired": "Submit it again with a later `deadline`, or in the interactive lane.",
    "job-timeout": "Split the document, or submit the job again when the engines are less busy.",
    "department-exists": "Choose another name.",
    "invalid-json": "Write each line of the batch's file as one JSON object, in UTF-8, without a "
    "line break inside. The detail says at which column it goes wrong.",
    "duplicate-custom-id": "Give each line of the batch's file a `custom_id` of its own. The first "
    "line that has it was taken; send the others again in another batch.",
    "too-many-lines": "Make several files and batches of it.",
    "deadline-unreachable": "Give the batch a later deadline or a longer window, or send fewer "
    "documents. The detail says when it would be done.",
    "no-lines": "Send a file with one JSON object on each line.",
    "internal": "Send the same again once. If it stays, give the operators the `X-Request-Id`.",
    "task-failed": "Look at the job's `error`, and submit it again once.",
    "document-unreadable": "Open the document with the program that made it and save it again.",
    "document-empty": "Send the document whole, with its text.",
    "document-corrupt": "Send the document again; if it stays, save it anew with its own program.",
    "document-encrypted": "Remove the password and send the document again.",
    "document-unsupported": "Save the document in a format that is read: text, Markdown, HTML, "
    "e-mail, DOCX, PDF, OFD, XLSX, XLS, ODS or a picture (PNG, JPEG, TIFF, BMP, WebP, GIF). DOC, "
    "WPS, RTF and ODT are read where the operators installed LibreOffice beside the workers. The "
    "name's ending does not matter, the bytes do.",
    "document-no-text-layer": "Send a document with text in it: its pages are pictures, and OCR, "
    "which reads those of PDFs and pictures, is switched off here or is not for this format.",
    "document-pages-unread": "Split the document, so that OCR can read all of its scanned pages. "
    "The task `parse` gives what could be read, and says what could not.",
    "document-too-long": "Split the document.",
    "document-read-timeout": "Split the document, or save it anew with its own program.",
    "document-reader-crashed": "Save the document anew with its own program.",
    "redaction-incomplete": "Use the masked text. For a masked file, print the document to a new "
    "PDF, or save it anew with its own program, and send that.",
    "secrecy-marked": "Do not send it here: the document bears a marking (绝密, 机密 or 秘密) that "
    "the department's policy does not allow, and was not kept. Where the marking is a mistake, "
    "correct the document; where it is not, follow the rules for such documents.",
    "options-too-long": "Shorten the options: instructions, labels or the schema.",
    "options-invalid": "Mend the document that the options name, at the line that the detail says, "
    "and submit the job again.",
    "output-invalid": "Submit the job again; if it stays, make the options simpler.",
    "checks-failed": "Look whether the document holds what the task asks for. The job's error "
    "names the check; whoever wrote the task's file can loosen it, or have it only reported.",
    "task-gone": "Take a task that GET /v1/tasks lists. The task's file was taken away after the "
    "job was accepted, or the workers were started without it: tell the operators.",
    "options-misfit": "Submit the job again with options that fit the task as GET /v1/tasks has it "
    "now: its file was changed after the job was accepted.",
    "reader-unavailable": "Submit the job again later, and tell the operators.",
    "engine-failed": "Submit the job again later, and tell the operators.",
    "engine-unavailable": "Nothing: the job is tried again when the engine is back.",
    "document-missing": "Send the document again. Operators: all machines must share one store.",
    "engine-busy": "Nothing: the job is tried again shortly.",
    "engine-timeout": "Submit the job again, with a shorter document if it stays.",
    "engine-refused": "Look at the detail; a simpler schema or a shorter document may help.",
}
