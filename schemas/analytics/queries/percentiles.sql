-- How long things are looked at on each kind of device; exact, by counting equal durations.
SELECT device_type, count() AS events, quantilesExactWeighted(0.5, 0.9, 0.99)(duration_ms, 1) AS durations
FROM events
GROUP BY device_type
ORDER BY device_type;
