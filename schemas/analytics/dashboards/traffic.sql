-- What happens: events, people and the average time on a page, by the minute, in the last quarter of an hour.
SELECT toUnixTimestamp(minute) AS minute_s, toFloat64(sum(hot_minutes.events)) AS events, toFloat64(uniqMerge(hot_minutes.users)) AS users, avgMerge(duration) AS avg_duration
FROM hot_minutes
WHERE minute > now() - INTERVAL 15 MINUTE
GROUP BY minute
ORDER BY minute;
