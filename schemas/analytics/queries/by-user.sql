-- Ad hoc: what a user did last (A-06: no part of the sort key).
-- Parameters: user (UInt64). Ids of one moment are put in the order of their texts.
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE user_id = {user:UInt64}
ORDER BY event_time DESC, toString(event_id)
LIMIT 100;
