-- The text's query (ANA-23): the pages with most views of the last day by country, and how long they were looked at.
-- Parameters: $1, since (timestamptz).
SELECT country, page_url, count(*) AS page_views, sum(duration_ms)::float8 / count(*) AS avg_duration
FROM events
WHERE event_time >= $1 AND event_type = 'pageview'
GROUP BY country, page_url
ORDER BY page_views DESC, country, page_url
LIMIT 100;
