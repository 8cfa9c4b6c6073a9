-- Ad hoc: what the visitors of the last week brought, by where they came from.
-- Parameters: $1, since (timestamptz).
SELECT referrer, count(*) AS events, count(*) FILTER (WHERE event_type = 'purchase') AS purchases,
    sum(duration_ms)::float8 / count(*) AS avg_duration
FROM events
WHERE event_time >= $1 AND referrer != ''
GROUP BY referrer
ORDER BY events DESC, referrer;
