-- How long things are looked at on each kind of device; exact, by counting equal durations: a sort of all rows, which
-- percentile_disc would do, takes longer.
WITH counted AS
(
    SELECT device_type, duration_ms, count(*) AS events
    FROM events
    GROUP BY device_type, duration_ms
),
ranked AS
(
    SELECT device_type, duration_ms,
        sum(events) OVER (PARTITION BY device_type ORDER BY duration_ms) AS up_to,
        (sum(events) OVER (PARTITION BY device_type))::float8 AS total
    FROM counted
)
SELECT device_type, max(total)::bigint AS events,
    ARRAY[
        min(duration_ms) FILTER (WHERE up_to >= ceil(total * 0.5)),
        min(duration_ms) FILTER (WHERE up_to >= ceil(total * 0.9)),
        min(duration_ms) FILTER (WHERE up_to >= ceil(total * 0.99))
    ] AS durations
FROM ranked
GROUP BY device_type
ORDER BY device_type;
