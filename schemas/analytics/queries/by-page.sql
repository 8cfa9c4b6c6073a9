-- Ad hoc: what happened last on a page that few visit (A-06: no part of the sort key).
-- Parameters: page (String). Ids of one moment are put in the order of their texts.
SELECT event_id, event_type, page_url, duration_ms
FROM events
WHERE page_url = {page:String}
ORDER BY event_time DESC, toString(event_id)
LIMIT 100;
