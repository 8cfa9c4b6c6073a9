-- Ad hoc: the way of a session through the shop.
-- Parameters: $1, session (uuid).
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE session_id = $1
ORDER BY event_time, event_id;
