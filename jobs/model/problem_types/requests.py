"""The problems of requests, of the system and of endings, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.model.problem_types.problem_type import ProblemType

REQUEST_PROBLEMS: Mapping[str, ProblemType] = {
    "unauthorized": ProblemType(
        401,
        "The API key is missing or invalid",
        "Send `Authorization: Bearer KEY` with the department's API key. "
        "A key is shown once, when the operators create the department.",
    ),
    "key-expired": ProblemType(
        401,
        "The API key has expired",
        "Ask the operators for a new key: `chancery department key rotate` or `key create`.",
    ),
    "key-revoked": ProblemType(
        401, "The API key was revoked", "Use another key, or ask the operators for a new one."
    ),
    "scope-missing": ProblemType(
        403,
        "The API key does not have the scope that the call needs",
        "Use a key with the scope that `detail` names. The OpenAPI document has the scope of every "
        "call.",
    ),
    "network-not-allowed": ProblemType(
        403,
        "The API key must not be used from this address",
        "Send the request from one of the networks that the operators allowed for the key.",
    ),
    "too-many-failures": ProblemType(
        429,
        "Too many wrong API keys from this address",
        "Wait as long as `Retry-After` says, and correct the key. Valid keys are not delayed.",
    ),
    "sign-in-failed": ProblemType(
        401,
        "The name or the password is wrong",
        "Try again. Operators set a new password with `chancery account password NAME`.",
    ),
    "sign-in-refused": ProblemType(
        403,
        "The person may not sign in to the console",
        "Ask the operators: the audit record has the reason.",
    ),
    "provider-unavailable": ProblemType(
        503,
        "The identity provider cannot be used now",
        "Try again later. Sessions that exist continue. Operators: `chancery doctor` has the "
        "reason.",
    ),
    "provider-answer-invalid": ProblemType(
        502,
        "The identity provider's answer was not accepted",
        "Ask the operators: the audit record and the log of the api have the reason.",
    ),
    "form-expired": ProblemType(
        403,
        "The form is not of this session",
        "Open the page again and send the form from there.",
    ),
    "role-missing": ProblemType(
        403,
        "The account does not have the role that the page needs",
        "Sign in with another account, or ask the operators.",
    ),
    "account-exists": ProblemType(
        409, "The account already exists", "Choose another name, or remove the account first."
    ),
    "password-unsuitable": ProblemType(
        422, "The password is unsuitable", "Use a longer password that is not easily guessed."
    ),
    "too-many-keys": ProblemType(
        409, "The department has too many API keys", "Revoke unused keys."
    ),
    "audit-unavailable": ProblemType(
        503,
        "The audit record cannot be written",
        "Nothing is done without a record. Wait as long as `Retry-After` says, then repeat the "
        "request with the same Idempotency-Key. Operators: free space in the data dir.",
    ),
    "not-found": ProblemType(
        404,
        "Not found",
        "Check the identifier. Objects of another department, and objects removed after their "
        "retention time, are not found either.",
    ),
    "method-not-allowed": ProblemType(
        405,
        "The method is not allowed for this path",
        "Use one of the methods in the `Allow` header.",
    ),
    "invalid-request": ProblemType(
        422,
        "The request is invalid",
        "Correct what `errors` lists; each entry has a JSON pointer into the request. "
        "The same request will fail again.",
    ),
    "unknown-task": ProblemType(
        422, "The task does not exist", "Use the name of a task that GET /v1/tasks lists."
    ),
    "document-not-accepted": ProblemType(
        422,
        "The task does not take documents of this kind",
        "Send a document of a kind that `accepts` lists, or use another task. The kind is detected "
        "from the bytes; the file name's extension is ignored.",
    ),
    "callback-not-allowed": ProblemType(
        422,
        "The callback URL is not on the department's allow-list",
        "Ask the operators to add the receiver's host to the department's allow-list, or use a URL "
        "that is on it.",
    ),
    "idempotency-mismatch": ProblemType(
        422,
        "The idempotency key was used with another body",
        "Use a new Idempotency-Key for a new request. Use the same key only to repeat the same "
        "request.",
    ),
    "idempotency-in-progress": ProblemType(
        409,
        "The first request with this idempotency key is still running",
        "Wait as long as `Retry-After` says and send the same request again.",
    ),
    "not-awaiting-approval": ProblemType(
        409,
        "The result does not wait for approval",
        "Nothing to do if the job has ended or was never held; while it runs, ask again later. "
        "GET /v1/approvals lists the jobs that wait.",
    ),
    "already-decided": ProblemType(
        409,
        "Another decision about the result was stored before",
        "Read the job: `provenance.approval` says who decided what and when. A decision is final; "
        "submit the job again for another result.",
    ),
    "malformed-request": ProblemType(
        400,
        "The request is not HTTP/1.1",
        "Use an HTTP/1.1 client (RFC 9112), and check whether the api expects `https://`.",
    ),
    "headers-too-large": ProblemType(
        431, "The header fields are too large", "Send fewer or shorter header fields, or cookies."
    ),
    "too-many-connections": ProblemType(
        503,
        "Too many connections",
        "Close connections that are not needed and reuse the others. Operators: "
        "`CHANCERY_API_MAX_CONNECTIONS_PER_CLIENT`, and `CHANCERY_API_TRUSTED_PROXIES` if a "
        "reverse proxy connects for many clients.",
    ),
    "unsupported-coding": ProblemType(
        415,
        "The body has a content coding",
        "Send the body as it is, without `Content-Encoding`.",
    ),
    "unsupported-media-type": ProblemType(
        415,
        "The type of the body is not supported",
        "Send the body as one of the types that `accepts` lists, and name it in `Content-Type`.",
    ),
    "request-timeout": ProblemType(
        408, "The request did not arrive in time", "Send the whole request without long pauses."
    ),
    "too-large": ProblemType(
        413,
        "The body is larger than allowed",
        "Split the document, or ask the operators to raise the limit.",
    ),
    "text-too-long": ProblemType(
        413, "The text is longer than allowed", "Split the text, or upload it as a document."
    ),
    "rate-limited": ProblemType(
        429,
        "Too many requests",
        "Wait as long as `Retry-After` says. Sending bulk work faster does not make it run faster.",
    ),
    "quota-in-flight": ProblemType(
        429,
        "The department's quota of jobs in flight is used up",
        "Wait until jobs have ended, then send the same request again. The header `RateLimit` of "
        "each response to a submission says how many more jobs are accepted.",
    ),
    "quota-queued": ProblemType(
        429,
        "The department's quota of waiting work is used up",
        "Wait until jobs and batch lines have started, then send the same request again. A batch "
        "with more lines than the whole quota is never accepted: split it, or ask the operators.",
    ),
    "quota-tokens": ProblemType(
        429,
        "The department's tokens for today are used up",
        "Wait as long as `Retry-After` says, until the next day (UTC). Work accepted earlier is "
        "kept; bulk work continues then.",
    ),
    "quota-batches": ProblemType(
        429,
        "The department has the maximum number of open batches",
        "Wait until a batch has ended, or cancel one, then send the same request again.",
    ),
    "quota-records": ProblemType(
        429,
        "The department's quota of memory for jobs and results is used up",
        "Cancel jobs and batches that are not needed, which frees their options at once, or wait "
        "until ended jobs are removed after their retention time. GET /v1/usage says how much is "
        "used.",
    ),
    "quota-storage": ProblemType(
        429,
        "The department's quota of stored bytes is used up",
        "Delete documents and batch files that are not needed, or wait until they expire. "
        "GET /v1/usage says how much is used.",
    ),
    "system-full": ProblemType(
        503,
        "The queue is full",
        "Wait as long as `Retry-After` says and send the same request again.",
    ),
    "unavailable": ProblemType(
        503,
        "The system cannot accept work at the moment",
        "Wait as long as `Retry-After` says and send the same request again with the same "
        "Idempotency-Key.",
    ),
    "storage-full": ProblemType(
        503,
        "The document store is full",
        "Wait, and tell the operators: the disk for documents is full.",
    ),
    "storage-unavailable": ProblemType(
        503,
        "The document store cannot be used at the moment",
        "Wait as long as `Retry-After` says and send the same request again with the same "
        "Idempotency-Key.",
    ),
    "storage-locked": ProblemType(
        503,
        "The content cannot be decrypted at the moment",
        "Wait, and tell the operators: the master key of the content is not configured.",
    ),
    "library-full": ProblemType(
        422,
        "The library has the maximum number of documents",
        "Remove documents that are not needed, or start another library.",
    ),
    "not-ended": ProblemType(
        409,
        "The job or batch has not ended",
        "Ask again later, wait with GET /v1/jobs/ID?wait=60, or use a callback. To delete it, "
        "cancel it first.",
    ),
    "no-result": ProblemType(
        404,
        "The job has no result",
        "Read the job's `error`: only a job that succeeded has a result.",
    ),
    "document-in-use": ProblemType(
        409,
        "A job that has not ended, or a library, uses the document",
        "Cancel the jobs or wait for their end, remove the document from libraries, and delete it "
        "then.",
    ),
    "file-in-use": ProblemType(
        409,
        "A batch that has not ended uses the file",
        "Delete the file after the batches that use it have ended, or cancel them first.",
    ),
    "file-missing": ProblemType(
        404,
        "The file's bytes are not in the store",
        "Upload the file again. Operators: all machines must share one store.",
    ),
    "range-not-satisfiable": ProblemType(
        416,
        "The range begins after the end of the file",
        "Request a range that begins before the end of the file, which `Content-Range` gives. An "
        "output file grows while its batch runs: ask again later.",
    ),
    "poisoned": ProblemType(
        500,
        "The job was set aside after its worker died again and again",
        "Do not send the document again unchanged; show it to the operators.",
    ),
    "record-unreadable": ProblemType(
        500,
        "The record cannot be read",
        "Cancel it and submit it again. Operators: the log names the record; one of a later "
        "release is read again after an update.",
    ),
    "cancelled": ProblemType(
        409, "The job was cancelled", "Submit it again if the result is still needed."
    ),
    "expired": ProblemType(
        409,
        "The job's deadline passed",
        "Submit it again with a later `deadline`, or in the interactive lane.",
    ),
    "approval-expired": ProblemType(
        409,
        "The result was not approved or rejected in time",
        "Submit it again. Operators: `chancery department approval` sets how long results wait.",
    ),
    "rejected": ProblemType(
        409,
        "A person rejected the result",
        "Read the reason in the detail, and submit the job again with other options or a corrected "
        "document.",
    ),
    "department-exists": ProblemType(
        409, "A department with this name exists", "Choose another name."
    ),
    "invalid-json": ProblemType(
        422,
        "The line is not a JSON object",
        "Write each line of the batch's file as one JSON object, in UTF-8, without line breaks "
        "inside. The detail gives the column of the error.",
    ),
    "duplicate-custom-id": ProblemType(
        422,
        "Another line has the same custom_id",
        "Give each line of the batch's file its own `custom_id`. The first line with it was "
        "accepted; send the others again in another batch.",
    ),
    "too-many-lines": ProblemType(
        422, "The batch's file has too many lines", "Split the file into several batches."
    ),
    "no-lines": ProblemType(
        422, "The batch's file has no lines", "Send a file with one JSON object on each line."
    ),
    "deadline-unreachable": ProblemType(
        422,
        "The batch cannot be completed by its deadline",
        "Give the batch a later deadline or a longer window, or send fewer documents. The detail "
        "gives the expected end.",
    ),
    "internal": ProblemType(
        500,
        "Internal error",
        "Send the same request once more. If it fails again, give the operators the "
        "`X-Request-Id`.",
    ),
}
