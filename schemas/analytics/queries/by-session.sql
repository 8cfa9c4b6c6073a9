-- Ad hoc: the way of a session through the shop (A-06: no part of the sort key).
-- Parameters: session (UUID). As a number a UUID begins with its second half; ids of one moment are put in the order of their texts.
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE session_id = {session:UUID}
ORDER BY event_time, toString(event_id);
