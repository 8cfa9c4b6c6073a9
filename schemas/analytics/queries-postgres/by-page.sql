-- Ad hoc: what happened last on a page that few visit.
-- Parameters: $1, page (text).
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE page_url = $1
ORDER BY event_time DESC, event_id
LIMIT 100;
