<?php
// Receives Chancery's callbacks: PHP 7.4 or later, no packages. For a test on your own machine:
//
//     CHANCERY_CALLBACK_SECRET=whsec_... CHANCERY_EVENTS=events.txt php -S 127.0.0.1:9000 receiver.php
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;
const MAX_BYTES = 1048576;

function is_genuine(string $id, string $timestamp, string $signatures, string $body): bool
{
    $secret = base64_decode(preg_replace('/^whsec_/', '', getenv('CHANCERY_CALLBACK_SECRET')), true);
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $secret, true));
    // After a change of the secret there are two signatures.
    foreach (explode(' ', $signatures) as $each) {
        if (hash_equals($expected, $each)) {
            return true;
        }
    }
    return false;
}

/** Stores an event once: here as a line of a file; use a unique key in your database. */
function store(string $id, array $event): void
{
    $file = fopen(getenv('CHANCERY_EVENTS'), 'c+');
    flock($file, LOCK_EX);
    $known = (string) stream_get_contents($file);
    if (strpos("\n$known", "\n$id ") === false) {
        fwrite($file, "$id {$event['type']} {$event['data']['id']}\n");
    }
    fclose($file);
}

$body = (string) file_get_contents('php://input', false, null, 0, MAX_BYTES + 1);
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    http_response_code(405);
} elseif (strlen($body) > MAX_BYTES) {
    http_response_code(413);
} elseif (!is_genuine(
    $_SERVER['HTTP_WEBHOOK_ID'] ?? '',
    $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
    $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
    $body
)) {
    http_response_code(401);
} else {
    store($_SERVER['HTTP_WEBHOOK_ID'], json_decode($body, true, 512, JSON_THROW_ON_ERROR));
    http_response_code(204);
}
