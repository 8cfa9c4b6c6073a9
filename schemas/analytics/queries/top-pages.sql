-- The text's query (ANA-23): the pages with most views of the last day by country, and how long they were looked at.
-- Parameters: since (DateTime64(3, 'UTC')). Equal counts are put in order, so that the answer is one answer.
SELECT country, page_url, count() AS page_views, avg(duration_ms) AS avg_duration
FROM events
WHERE event_time >= {since:DateTime64(3, 'UTC')} AND event_type = 'pageview'
GROUP BY country, page_url
ORDER BY page_views DESC, country, page_url
LIMIT 100;
