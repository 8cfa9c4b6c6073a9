-- Ad hoc: the way of a session through the shop (A-06: no part of the sort key).
-- Parameters: session (UUID).
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE session_id = {session:UUID}
ORDER BY event_time, event_id;
