-- Ad hoc: what a user did last.
-- Parameters: $1, user (bigint).
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE user_id = $1
ORDER BY event_time DESC, event_id
LIMIT 100;
