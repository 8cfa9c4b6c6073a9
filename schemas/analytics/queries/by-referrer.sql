-- Ad hoc: what the visitors of the last week brought, by where they came from (A-06: no part of the sort key).
-- Parameters: since (DateTime64(3, 'UTC')).
SELECT referrer, count() AS events, countIf(event_type = 'purchase') AS purchases, avg(duration_ms) AS avg_duration
FROM events
WHERE event_time >= {since:DateTime64(3, 'UTC')} AND referrer != ''
GROUP BY referrer
ORDER BY events DESC, referrer;
