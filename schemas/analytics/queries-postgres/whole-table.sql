-- All rows, aggregated by type (ANA-06).
SELECT event_type, count(*) AS events, sum(duration_ms)::float8 / count(*) AS avg_duration
FROM events
GROUP BY event_type
ORDER BY event_type;
