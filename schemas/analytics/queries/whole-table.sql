-- All rows, aggregated by type (ANA-06).
SELECT event_type, count() AS events, sum(duration_ms) AS duration, avg(duration_ms) AS avg_duration, max(duration_ms) AS longest
FROM events
GROUP BY event_type
ORDER BY event_type;
