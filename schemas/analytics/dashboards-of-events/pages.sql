-- The same as dashboards/pages.sql, asked of the events themselves.
SELECT page_url, toFloat64(count()) AS views
FROM events
WHERE event_type = 'pageview' AND toStartOfMinute(toDateTime(event_time, 'UTC')) > now() - INTERVAL 5 MINUTE
GROUP BY page_url
ORDER BY views DESC, page_url
LIMIT 10;
