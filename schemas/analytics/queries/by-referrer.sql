-- Ad hoc: what visitors bring, by where they come from (A-06: no part of the sort key).
SELECT referrer, count() AS events, countIf(event_type = 'purchase') AS purchases, avg(duration_ms) AS avg_duration
FROM events
WHERE referrer != ''
GROUP BY referrer
ORDER BY events DESC, referrer;
