-- How far the sessions of the last week in one country came with each page: from looking at it to a search that names
-- it to a purchase, each step within the hour that the first one begins. The latest first step is always the best one.
-- Parameters: $1, country (text); $2, since (timestamptz).
WITH steps AS
(
    SELECT session_id, page_url, event_time,
        CASE event_type WHEN 'pageview' THEN 1 WHEN 'search' THEN 2 ELSE 3 END AS step
    FROM events
    WHERE event_type IN ('pageview', 'search', 'purchase') AND country = $1 AND event_time >= $2
),
looked AS
(
    SELECT *, max(event_time) FILTER (WHERE step = 1) OVER way AS looked_at
    FROM steps
    WINDOW way AS (PARTITION BY session_id, page_url ORDER BY event_time, step ROWS UNBOUNDED PRECEDING)
),
searched AS
(
    SELECT *, max(looked_at) FILTER (WHERE step = 2 AND event_time <= looked_at + interval '1 hour') OVER way AS searched_from
    FROM looked
    WINDOW way AS (PARTITION BY session_id, page_url ORDER BY event_time, step ROWS UNBOUNDED PRECEDING)
),
ways AS
(
    SELECT max(CASE
        WHEN step = 3 AND event_time <= searched_from + interval '1 hour' THEN 3
        WHEN searched_from IS NOT NULL THEN 2
        WHEN looked_at IS NOT NULL THEN 1
        ELSE 0
    END) AS level
    FROM searched
    GROUP BY session_id, page_url
)
SELECT level, count(*) AS ways
FROM ways
GROUP BY level
ORDER BY level;
